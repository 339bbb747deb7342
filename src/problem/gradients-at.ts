import { gradient } from "../autodiff/products.ts";
import { inspected } from "../graph/inspected.ts";
import { rebuild } from "../graph/traverse.ts";
import type { RunContext } from "../util/run-context.ts";
import type { Computation } from "./computation.ts";
import type { Point } from "./point.ts";

/** Loss and gradient with the vectors in the place of the weights: the weights of many places are one block. */
const GRADIENT_AT_VECTORS: Computation = {
  name: "loss and gradient at vectors",
  build: ({ share, parameters }, tangents) => {
    const places = new Map(parameters.map((parameter, i) => [parameter, tangents[i]]));
    const values = [share, ...gradient(share, parameters)];
    return inspected(
      "at vectors",
      rebuild(values, share.graph, (value) => places.get(value)),
    );
  },
};

/** The loss at some place, and its slope there. */
export interface LossAndGradient {
  /** With the L2 term; NaN or ±∞ where it is that. */
  readonly loss: number;
  readonly gradient: Float64Array;
}

/**
 * L and ∇L at many weights in one run, whichever weights the point itself is at: its examples count. All k places share a
 * run of the engine, so that of a small network hardly more than the arithmetic is paid; batches are added up in float64.
 * Cost: k gradients. Memory: k times the values of a batch.
 *
 * @param l2 λ of the L2 term, where it is not to be the point's
 *
 * @example
 * const [a, b] = await gradientsAt(problem.point, [theta, other]);
 */
export async function gradientsAt(
  point: Point,
  places: readonly Float64Array[],
  context: RunContext = {},
  { l2 = point.l2 }: { readonly l2?: number } = {},
): Promise<LossAndGradient[]> {
  const { space } = point;
  const found = places.map((place) => ({
    loss: l2 === 0 ? 0 : (l2 / 2) * place.reduce((sum, x) => sum + x * x, 0),
    gradient: l2 === 0 ? new Float64Array(space.dimension) : place.map((x) => l2 * x),
  }));
  await point.eachBatch(
    GRADIENT_AT_VECTORS,
    context,
    (_batch, [losses, ...parts]) => {
      found.forEach((each, k) => {
        each.loss += losses.data[k];
        space.tensors.forEach(({ offset, size }, i) => {
          const { data } = parts[i];
          for (let j = 0, at = k * size; j < size; j++, at++) each.gradient[offset + j] += data[at];
        });
      });
    },
    { block: places },
  );
  return found;
}
