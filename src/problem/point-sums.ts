import { scale } from "../linalg/vector.ts";
import type { RunContext } from "../util/run-context.ts";
import { requireNumbers } from "../util/require-numbers.ts";
import { allocate, type Shape } from "../util/tensor.ts";
import { addMultiple, addPart, allFinite } from "./accumulate.ts";
import type { Feeds } from "./batch-feeds.ts";
import { type BatchRange, batchesOf } from "./batches.ts";
import type { Computation } from "./computation.ts";
import type { Derivative } from "./derivatives/derivative.ts";
import { nonFiniteVector } from "./finiteness.ts";
import { type Exponents, inRange, normalized } from "./in-range.ts";
import { SCALE } from "./loss-graph.ts";
import type { ParameterSpace } from "./parameter-space.ts";
import type { BatchRun, VisitBatch } from "./point-batches.ts";
import { COTANGENT } from "./point-computations.ts";
import type { PointMachinery } from "./point-machinery.ts";
import type { Sample } from "./sample.ts";
import { requireExamples } from "./require-examples.ts";

/** What is asked of a point whose batches are added up. */
interface Evaluated {
  readonly examples: number;
  readonly sample: Pick<Sample, "divisor">;
  eachBatch(computation: Computation, context: RunContext, visit: VisitBatch, more?: BatchRun): Promise<void>;
}

interface Asked {
  readonly derivative: Derivative;
  /** Vectors that it takes. */
  readonly block?: readonly Float64Array[];
  /** The point, which the L2 term is of. */
  readonly theta: Float64Array;
  /** That of the problem when absent. */
  readonly l2?: number;
  readonly exponents: Exponents;
}

/** Elements of gradients of single examples that are held at once. */
const EXAMPLE_GRADIENT_ELEMENTS = 2 ** 25;

/** A computation for each example, in batches for which a gradient of each fits into memory. */
export async function eachExample(
  point: Evaluated,
  { options, space, coupled }: PointMachinery,
  computation: Computation,
  context: RunContext,
  visit: VisitBatch,
  { shared = new Map(), extra }: Pick<BatchRun, "shared" | "extra"> = {},
): Promise<void> {
  requireExamples(computation.name, coupled);
  const most = Math.max(1, Math.floor(EXAMPLE_GRADIENT_ELEMENTS / space.dimension));
  for (const range of batchesOf({ start: 0, end: point.examples }, Math.min(options.batchSize, most)))
    await point.eachBatch(computation, context, visit, { range, shared, extra });
}

/**
 * A derivative for each parameter, for each vector of a block (once without one): sums over the batches, in float64. Out of
 * the range of float32 it is that of other vectors, or of a multiple of the loss (`inRange`).
 */
export async function sums(
  point: Evaluated,
  { space, options, runtime }: PointMachinery,
  { derivative, block = [], theta, l2 = options.l2, exponents }: Asked,
  context: RunContext,
): Promise<Float64Array[]> {
  const { precision } = options;
  const run = async (exponent: number) => {
    const sums = Array.from({ length: Math.max(1, block.length) }, () => new Float64Array(space.dimension));
    const visit = adder(space, sums);
    if (exponent === 0) await point.eachBatch(derivative, context, visit, { block });
    else if (derivative.takesVector) {
      const units = block.map(normalized);
      const vectors = units.map(({ vector }) => vector.map((x) => 2 ** exponent * x));
      await point.eachBatch(derivative, context, visit, { block: vectors });
      sums.forEach((sum, i) => scale(units[i].factor * 2 ** -exponent, sum));
    } else {
      const data = allocate(precision, 1);
      data[0] = 2 ** exponent / point.sample.divisor;
      const feed = runtime.feed({ dtype: precision, shape: [], data });
      try {
        await point.eachBatch(derivative, context, visit, { shared: new Map([[SCALE, feed]]) });
      } finally {
        feed.release();
      }
      for (const sum of sums) scale(2 ** -exponent, sum);
    }
    return sums;
  };
  const totals = await inRange({ computation: derivative, precision, exponents, run });
  const { regularised } = derivative;
  const what = derivative.takesVector ? `${derivative.name} product` : derivative.name;
  totals.forEach((sum, i) => {
    if (regularised && l2 !== 0) addMultiple(sum, l2, regularised === "point" ? theta : block[i]);
    if (!allFinite(sum)) throw nonFiniteVector(sum, what, space, options);
  });
  return totals;
}

/** The pullback of a cotangent of `width` numbers an example, added up over the batches. */
export async function pulledBack(
  point: Evaluated,
  { space, options, runtime }: PointMachinery,
  computation: Computation,
  cotangents: Float64Array,
  width: number,
  context: RunContext,
  shapeOf: (examples: number) => Shape,
): Promise<Float64Array> {
  requireNumbers(
    cotangents,
    point.examples * width,
    width === 1 ? "one for each example" : `${width} for each example`,
  );
  const sum = new Float64Array(space.dimension);
  const { vector, factor } = normalized(cotangents);
  const extra = ({ start, end }: BatchRange): Feeds => {
    const data = allocate(options.precision, (end - start) * width);
    data.set(vector.subarray(start * width, end * width));
    return new Map([[COTANGENT, runtime.feed({ dtype: options.precision, shape: shapeOf(end - start), data })]]);
  };
  await point.eachBatch(computation, context, adder(space, [sum]), { extra });
  if (factor !== 1) scale(factor, sum);
  return sum;
}

/**
 * Adds up the values of batches, one tensor per parameter with a leading axis for a block, in flat sums
 * in float64.
 */
export function adder({ tensors }: ParameterSpace, sums: readonly Float64Array[]): VisitBatch {
  let isFirst = true;
  return (_batch, values) => {
    tensors.forEach(({ offset, size }, i) => {
      const { data } = values[i];
      sums.forEach((sum, k) => addPart(sum, offset, data, k * size, size, isFirst));
    });
    isFirst = false;
  };
}
