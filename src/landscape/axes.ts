import { noNormalization } from "./normalizations/none.ts";
import { inputError } from "../files/input-error.ts";
import { axpy, dot, norm2 } from "../linalg/vector.ts";
import { filtersOf } from "./filters.ts";
import { normalized } from "./normalize.ts";
import type { Normalization } from "./normalizations/normalization.ts";
import { inverse, products, times } from "./small-matrix.ts";
import type { Directions, Site, Span } from "./spans/span.ts";

/** What axes are asked for. */
export interface AskedAxes {
  readonly span: Span;
  readonly words: readonly string[];
  readonly count: number;
  readonly normalization: Normalization;
  /** Whether offsets (biases, gains) move as their filters do. */
  readonly isWithOffsets: boolean;
  /** Whether the second axis is made orthogonal to the first. */
  readonly isOrthogonal: boolean;
}

/** One or two directions from a point, as long as they are drawn. */
export interface Axes extends Pick<Directions, "titles" | "notes" | "warnings" | "converged"> {
  /** θ where all coordinates are 0. */
  readonly origin: Float64Array;
  readonly vectors: readonly Float64Array[];
  readonly marks: readonly Mark[];
  /** Inner products of the vectors. */
  readonly gram: readonly (readonly number[])[];
  /** Of the angle between two axes; null for one. */
  readonly cosine: number | null;
}

/** Where weights lie. */
export interface Mark {
  readonly name: string;
  /** The coordinates of the nearest point. */
  readonly at: readonly number[];
  /** How far they are from it. */
  readonly outside: number;
  /** The weights themselves, where a point at `at` has them by definition. */
  readonly theta?: Float64Array;
}

/** Two axes whose angle has a sine below this span a line. */
const PARALLEL = 1e-9;

/**
 * Finds directions, scales them and makes them orthogonal, as it is asked.
 *
 * @param known directions that were found before, as they came out
 * @throws input error `zero-direction`, `parallel-axes`
 */
export async function openAxes(site: Site, asked: AskedAxes, known?: readonly Float64Array[]): Promise<Axes> {
  const { span, words, count, isOrthogonal } = asked;
  if (known !== undefined) {
    const gram = gramOf(known);
    return { ...NOTHING_FOUND, origin: site.problem.point.parameters, vectors: known, gram, cosine: cosineOf(gram) };
  }
  const found = await span.open(site, words, count);
  const origin = found.origin ?? site.problem.point.parameters;
  const { scaled, notes } = scaledBy(asked, found.vectors, origin, site);
  requireLength(scaled, asked);
  const vectors = isOrthogonal ? orthogonal(scaled) : scaled;
  const gram = gramOf(vectors);
  const cosine = cosineOf(gram);
  if (cosine !== null && 1 - cosine * cosine < PARALLEL * PARALLEL + 4 * Number.EPSILON) throw parallel(asked);
  return {
    origin,
    vectors,
    gram,
    cosine,
    titles: found.titles,
    notes: [...found.notes, ...notes],
    warnings: found.warnings,
    converged: found.converged,
    marks: found.marks.map((mark) => {
      const isStraight = vectors === found.vectors;
      if (mark.at !== undefined && isStraight) return { name: mark.name, at: mark.at, outside: 0, theta: mark.theta };
      return { name: mark.name, ...nearest(mark.theta, origin, vectors, gram) };
    }),
  };
}

const NOTHING_FOUND = { titles: [], notes: [], warnings: [], converged: true, marks: [] } as const;

/** Whether the weights at coordinates are known bit for bit: those of the origin, or of a file. */
export function isMarked({ marks }: Axes, at: readonly number[]): boolean {
  return (
    at.every((x) => x === 0) || marks.some((mark) => mark.theta !== undefined && mark.at.every((x, i) => x === at[i]))
  );
}

/**
 * θ at coordinates: the weights that are marked there, bit for bit, or origin + Σ xᵢ vᵢ; the origin itself at 0.
 *
 * @param theta where to write it, unless it is marked
 */
export function weightsAt(
  { origin, vectors, marks }: Axes,
  at: readonly number[],
  theta: Float64Array = new Float64Array(origin.length),
): Float64Array {
  const known = marks.find((mark) => mark.theta !== undefined && mark.at.every((x, i) => x === at[i]));
  if (known?.theta) return known.theta;
  theta.set(origin);
  vectors.forEach((vector, i) => {
    if (at[i] !== 0) axpy(at[i], vector, theta);
  });
  return theta;
}

function scaledBy(
  { normalization, isWithOffsets }: AskedAxes,
  vectors: readonly Float64Array[],
  origin: Float64Array,
  { problem }: Site,
): { readonly scaled: readonly Float64Array[]; readonly notes: readonly string[] } {
  if (normalization === noNormalization) return { scaled: vectors, notes: [] };
  const filters = filtersOf(problem);
  return {
    scaled: vectors.map((vector) => normalized(vector, origin, filters, normalization, isWithOffsets)),
    notes: normalization.notes?.(filters) ?? [],
  };
}

function orthogonal(vectors: readonly Float64Array[]): readonly Float64Array[] {
  const [first, second] = vectors;
  if (second === undefined) return vectors;
  const rest = second.slice();
  // Twice is enough, whatever the angle (Kahan).
  for (let round = 0; round < 2; round++) axpy(-dot(first, rest) / dot(first, first), first, rest);
  return [first, rest];
}

function gramOf(vectors: readonly Float64Array[]): number[][] {
  return products(vectors.length, (i, j) => dot(vectors[i], vectors[j]));
}

function cosineOf(gram: readonly (readonly number[])[]): number | null {
  return gram.length < 2 ? null : gram[0][1] / Math.sqrt(gram[0][0] * gram[1][1]);
}

function nearest(
  theta: Float64Array,
  origin: Float64Array,
  vectors: readonly Float64Array[],
  gram: readonly (readonly number[])[],
): Pick<Mark, "at" | "outside"> {
  const away = theta.map((x, i) => x - origin[i]);
  const at = times(
    inverse(gram),
    vectors.map((vector) => dot(vector, away)),
  );
  vectors.forEach((vector, i) => axpy(-at[i], vector, away));
  return { at, outside: norm2(away) };
}

function requireLength(vectors: readonly Float64Array[], { span, count, normalization }: AskedAxes): void {
  const zero = vectors.findIndex((vector) => !(norm2(vector) > 0));
  if (zero < 0 && vectors.length === count) return;
  throw inputError(
    "zero-direction",
    `The ${count === 1 ? "direction" : zero === 1 ? "second axis" : "first axis"} has no length: ${
      normalization === noNormalization
        ? `${span.summary} is 0 here`
        : "the weights that it goes with are all 0, or only offsets move, which are left out"
    }.`,
    { input: span.name },
    normalization === noNormalization ? "Choose another direction." : "Choose another direction, or --normalize none.",
  );
}

function parallel({ span }: AskedAxes) {
  return inputError(
    "parallel-axes",
    "The two axes are parallel: they span a line, no plane.",
    { input: span.name },
    "Choose axes that differ, or draw a line.",
  );
}
