import type { Eigenvalue } from "../estimators/estimate.ts";
import type { ExtremalResult } from "../estimators/extremal-eigenpairs.ts";
import { axpy, norm2 } from "../linalg/vector.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Check } from "../result/envelope.ts";
import { shareOfAllowed } from "./share-of-allowed.ts";
import { maxOf } from "../util/extremes.ts";

/** Eigenvalues as they are stated: the largest descending, the smallest ascending. */
interface Stated {
  readonly top: readonly Value[];
  readonly bottom?: readonly Value[];
}

type Value = Pick<Eigenvalue, "value" | "residual">;

/** Whose eigenvalues they are. */
interface Matrix {
  /** In kebab-case. */
  readonly name: string;
  /** In the middle of a sentence. */
  readonly title: string;
  readonly operator: LinearOperator;
  /** All its eigenvalues, ascending, where they are known. */
  readonly spectrum?: Float64Array;
}

/** Two ways to the same sum differ in the last digits. */
const SLACK = 1.01;

/**
 * Eigenvalues as they are stated against what was found: against one product with all their vectors at once,
 *
 *   ‖A Σ cᵢvᵢ − Σ cᵢλᵢvᵢ‖ ≤ Σ |cᵢ| rᵢ,   c random signs,
 *
 * which their residuals bound, none of them being right by another's fault; against the ends of all that the search saw,
 * which are not inside of the stated ones; and against the whole spectrum, where it is known, one by one. Cost: one product.
 */
export async function pairsCheck(
  { name, title, operator, spectrum }: Matrix,
  { top, bottom = [] }: Stated,
  found: ExtremalResult,
  random: RandomStream,
): Promise<Check> {
  const ofProduct = await offProduct(operator, { top, bottom }, found, random);
  const measured = Math.max(ofProduct, offEnds({ top, bottom }, found), offSpectrum({ top, bottom }, spectrum));
  return {
    name,
    title: `The eigenvalues of ${title} against a product and all that was seen`,
    passed: measured <= SLACK,
    measured,
    limit: SLACK,
    detail: `A product of ${title} with the sum of all eigenvectors found, their signs at random, against the sum of each times its eigenvalue; the largest and the smallest value that the search saw, which the stated ones reach${spectrum ? "; and each against its place in the whole spectrum" : ""}. In units of what their residuals and rounding leave.`,
  };
}

/** The stated values with the vectors that were found for them, place by place. */
async function offProduct(
  operator: LinearOperator,
  stated: Required<Stated>,
  found: ExtremalResult,
  random: RandomStream,
): Promise<number> {
  const { dimension } = operator;
  const apart = Math.max(0, dimension - found.top.length);
  // In a small dimension the ends overlap, and each pair is taken once.
  const pairs = [
    ...found.top.map((pair, i) => [pair.vector, stated.top[i]] as const),
    ...found.bottom.slice(0, apart).map((pair, i) => [pair.vector, stated.bottom[i]] as const),
  ];
  const signs = random.rademacherVector(pairs.length);
  const sum = new Float64Array(dimension);
  const expected = new Float64Array(dimension);
  let allowed = 0;
  for (const [i, [vector, each]] of pairs.entries()) {
    // Where the time was up, there is a value without a vector; a vector without a value has lost it.
    if (!vector) continue;
    if (each === undefined) return Number.POSITIVE_INFINITY;
    axpy(signs[i], vector, sum);
    axpy(signs[i] * each.value, vector, expected);
    allowed += each.residual + dimension * Number.EPSILON * Math.abs(each.value);
  }
  if (norm2(sum) === 0) return 0;
  const [image] = await (operator.wider ?? operator).apply([sum]);
  return shareOfAllowed(norm2(image.map((x, j) => x - expected[j])), allowed);
}

/** By how much what was seen lies outside of what is stated. */
function offEnds({ top, bottom }: Required<Stated>, { seen }: ExtremalResult): number {
  const [first] = top;
  const [last] = bottom;
  return Math.max(
    first ? shareOfAllowed(seen.highest - first.value, first.residual) : 0,
    last ? shareOfAllowed(last.value - seen.lowest, last.residual) : 0,
    maxOf(
      top.slice(1).map(({ value, residual }, i) => shareOfAllowed(value - top[i].value, residual + top[i].residual)),
    ),
    maxOf(
      bottom
        .slice(1)
        .map(({ value, residual }, i) => shareOfAllowed(bottom[i].value - value, residual + bottom[i].residual)),
    ),
  );
}

/** By how much each misses its place in the spectrum. */
function offSpectrum({ top, bottom }: Required<Stated>, spectrum: Float64Array | undefined): number {
  if (!spectrum) return 0;
  const n = spectrum.length;
  const size = Math.max(Math.abs(spectrum[0]), Math.abs(spectrum[n - 1]));
  const off = ({ value }: Value, place: number) =>
    shareOfAllowed(Math.abs(value - spectrum[place]), n * Number.EPSILON * size);
  return Math.max(0, maxOf(top.map((each, i) => off(each, n - 1 - i))), maxOf(bottom.map((each, i) => off(each, i))));
}
