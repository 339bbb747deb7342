import { z } from "zod";
import { extremalEigenpairs, type ExtremalResult } from "../estimators/extremal-eigenpairs.ts";
import { productRounding } from "../estimators/products.ts";
import { estimateTrace } from "../estimators/trace.ts";
import { dot, norm2 } from "../linalg/vector.ts";
import type { Point } from "../problem/point.ts";
import { Desk } from "../quantities/desk.ts";
import { hessianOperator } from "../quantities/hessian-operator.ts";
import { lossGradient } from "../quantities/loss-gradient.ts";
import { lossRounding } from "../quantities/loss-rounding.ts";
import { lossValue } from "../quantities/loss-value.ts";
import { settingOf } from "../quantities/needed-quantities.ts";
import { needsOf } from "../quantities/quantity.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { eigenvalue, estimate } from "../result/estimates.ts";
import { real } from "../result/real.ts";
import type { ProblemSubject } from "../runs/subject.ts";
import type { RunContext } from "../util/run-context.ts";
import { type AskedAxes, type Axes, openAxes } from "./axes.ts";
import { resolvedSpace } from "./leading-space.ts";
import { form, inverse, products } from "./small-matrix.ts";
import type { Site } from "./spans/span.ts";
import { vectorText } from "./vector-text.ts";

const mark = z.object({ name: z.string(), at: z.array(real), outside: real });

/** One or two axes with what gradient and Hessian say of the loss along them. */
const framedAxes = z.object({
  vectors: z.array(vectorText).nullable(),
  titles: z.array(z.string()),
  lengths: z.array(real),
  gram: z.array(z.array(real)),
  cosine: real.nullable(),
  slope: z.array(real),
  curvature: z.array(z.array(real)),
  asymmetry: real,
  /** Σ over an orthonormal basis of the span of qᵀHq. */
  trace: real,
  /** What rounding of the products may have added to it. */
  traceRounding: real.default(0),
  /** ‖P uᵢ‖² of the leading eigenvectors, P the projection onto the span. */
  overlaps: z.array(real),
  marks: z.array(mark),
  notes: z.array(z.string()),
  warnings: z.array(z.string()),
  converged: z.boolean(),
});

/** What is known of the loss where all coordinates are 0, and of the axes from there. */
export const frame = z.object({
  loss: real,
  rounding: real,
  gradientNorm: real,
  axes: z.array(framedAxes),
  trace: estimate.nullable(),
  top: z
    .object({
      values: z.array(eigenvalue),
      /** How many of them, from the largest, span a space that is told apart from what follows, by `angle`; 0 where none do. */
      resolved: z.number(),
      angle: real,
      converged: z.boolean(),
    })
    .nullable(),
  products: z.number(),
});

export type Frame = z.output<typeof frame>;
export type FramedAxes = Frame["axes"][number];

/** How well the trace need be known for a share of it. */
const TRACE_TOLERANCE = 0.05;

interface Around {
  readonly subject: ProblemSubject;
  /** The same in every task of a run. */
  readonly random: RandomStream;
  readonly context: RunContext;
}

/** Where axes are looked for, of the plane of that number: each has its own random numbers. */
export function siteOf({ subject, random, context }: Around, plane: number): Site & { readonly desk: Desk } {
  const { problem } = subject;
  const needs = needsOf([lossValue, lossGradient, lossRounding]);
  const desk = Desk.open(settingOf({ problem, options: {} }, needs), random.split("landscape"), context);
  return {
    problem,
    weightsOf: (path) => subject.weightsOf(path),
    random: random.split(`plane ${plane + 1}`),
    hessian: () => desk.operator(hessianOperator),
    context,
    desk,
  };
}

/**
 * Finds the axes of all planes and measures the loss, its gradient and its curvature along them at their origin; with
 * `share`, also tr H and the `share` largest eigenvalues, for what of them lies in the planes.
 *
 * Cost: a gradient, one product an axis, and what the axes themselves take; the shares about a hundred products.
 */
export async function measureFrame(
  around: Around,
  asked: AskedAxes,
  { planes, share }: { readonly planes: number; readonly share: number | null },
): Promise<Frame> {
  const { problem } = around.subject;
  const opened: { readonly axes: Axes; readonly site: ReturnType<typeof siteOf> }[] = [];
  for (let plane = 0; plane < planes; plane++) {
    const site = siteOf(around, plane);
    opened.push({ site, axes: await openAxes(site, asked) });
  }
  const [{ axes: first, site }] = opened;
  const isHere = first.origin.every((x, i) => x === problem.point.parameters[i]);
  await using elsewhere = isHere ? undefined : problem.at(first.origin);
  const point: Point = elsewhere ?? problem.point;
  const desk = elsewhere === undefined ? site.desk : site.desk.at(elsewhere);
  const { loss } = await desk.get(lossValue);
  const gradient = await desk.get(lossGradient);
  const rounding = await desk.get(lossRounding);
  const hessian = desk.operator(hessianOperator);
  const curved = await hessian.apply(opened.flatMap(({ axes }) => axes.vectors));
  const isWanted = share !== null && asked.count > 1;
  const top = isWanted
    ? await extremalEigenpairs(
        hessian,
        // One more, which says whether the last that counts is told apart from it.
        { largest: Math.min(share + 1, point.dimension), vectors: true },
        site.random.split("top"),
        desk.stage("largest eigenvalues"),
      )
    : undefined;
  const trace = isWanted
    ? await estimateTrace(hessian, { tolerance: TRACE_TOLERANCE }, site.random.split("trace"), desk.stage("trace"))
    : null;
  return {
    loss,
    rounding,
    gradientNorm: norm2(gradient),
    trace: trace !== null && Number.isFinite(trace.value) ? trace : null,
    top: top && share !== null ? leading(top, share, point.dimension) : null,
    axes: opened.map(({ axes }, plane) => {
      const { vectors, gram, marks, ...said } = axes;
      const along = curved.slice(plane * vectors.length, (plane + 1) * vectors.length);
      const forms = products(vectors.length, (i, j) => dot(vectors[i], along[j]));
      const back = inverse(gram);
      const inBasis = (of: readonly (readonly number[])[]) =>
        back.reduce((sum, row, i) => sum + row.reduce((part, each, j) => part + each * of[j][i], 0), 0);
      const curvature = forms.map((row, i) => row.map((each, j) => (each + forms[j][i]) / 2));
      return {
        vectors: asked.span.isCostly === true ? [...vectors] : null,
        titles: [...said.titles],
        lengths: vectors.map(norm2),
        gram: gram.map((row) => [...row]),
        cosine: said.cosine,
        slope: vectors.map((vector) => dot(gradient, vector)),
        curvature,
        asymmetry: vectors.length < 2 ? 0 : Math.abs(forms[0][1] - forms[1][0]),
        trace: inBasis(curvature),
        // Of each vector of an orthonormal basis, no more than what its product with H may be off by.
        traceRounding:
          vectors.length *
          productRounding(
            hessian,
            Math.max(
              Math.abs(top?.top[0]?.value ?? 0),
              Math.sqrt(Math.max(0, inBasis(products(vectors.length, (i, j) => dot(along[i], along[j]))))),
            ),
          ),
        overlaps: (top?.top.slice(0, share ?? 0) ?? []).map(({ vector }) =>
          vector === undefined
            ? 0
            : form(
                back,
                vectors.map((each) => dot(each, vector)),
              ),
        ),
        marks: marks.map(({ name, at, outside }) => ({ name, at: [...at], outside })),
        notes: [...said.notes],
        warnings: [...said.warnings],
        converged: said.converged,
      };
    }),
    products: desk.products,
  };
}

/** The largest eigenvalues, as many as asked for, and how many of them span a space that is known. */
function leading({ top, converged }: ExtremalResult, asked: number, dimension: number): NonNullable<Frame["top"]> {
  const values = top.map(({ value, residual }) => ({ value, residual }));
  return { values: values.slice(0, asked), ...resolvedSpace(values, asked, dimension), converged };
}
