import { z } from "zod";
import type { Point } from "../problem/point.ts";
import { lossGradient } from "./loss-gradient.ts";
import { defineQuantity } from "./quantity.ts";

/** ∇L − l2 θ. */
export function withoutL2({ parameters }: Point, l2: number, whole: Float64Array): Float64Array {
  return whole.map((x, i) => x - l2 * parameters[i]);
}

/** ∇L without the L2 term: the mean of the examples' gradients. */
export const dataGradient = defineQuantity({
  name: "gradient of the data",
  parameters: z.object({}),
  needs: [lossGradient],
  compute: async (desk) => withoutL2(desk.point, desk.problem.options.l2, await desk.get(lossGradient)),
});
