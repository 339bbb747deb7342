import { z } from "zod";
import type { Point } from "../problem/point.ts";
import type { RunContext } from "../util/run-context.ts";
import { contributionsOf } from "./contributions.ts";
import { defineQuantity } from "./quantity.ts";

/**
 * (1/n) Σ rᵢgᵢ at a point of the problem: the mean of the examples' gradients, each by how much it counts (`Deviations`). Undefined where
 * all count alike: it is the gradient then. Cost: one gradient.
 */
export async function meanByCount(point: Point, context: RunContext): Promise<Float64Array | undefined> {
  const { examples, scale, counts } = contributionsOf(point);
  if (counts === undefined) return undefined;
  const weights = new Float64Array(point.examples);
  examples.forEach((example, k) => (weights[example] = counts[k]));
  const factor = scale / examples.length;
  return (await point.weightedGradient(weights, context)).map((x) => factor * x);
}

/** {@link meanByCount} of the data at a desk's point. */
export const gradientByCount = defineQuantity({
  name: "mean of the examples' gradients by how much they count",
  parameters: z.object({}),
  besides: ({ problem }) => ({ gradients: contributionsOf(problem.point).counts === undefined ? 0 : 1 }),
  compute: ({ point, context }) => meanByCount(point, context),
});
