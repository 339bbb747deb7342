import { plusMultiple } from "../linalg/vector.ts";
import { z } from "zod";
import type { Point } from "../problem/point.ts";
import { dataGradient } from "./data-gradient.ts";
import { defineQuantity } from "./quantity.ts";

/** g + λθ, for a gradient g of the data. */
export function withL2({ l2, parameters }: Point, data: Float64Array): Float64Array {
  return l2 === 0 ? data : plusMultiple(data, l2, parameters);
}

/** ∇L, with the L2 term. */
export const lossGradient = defineQuantity({
  name: "gradient",
  parameters: z.object({}),
  needs: [dataGradient],
  compute: async (desk) => withL2(desk.point, await desk.get(dataGradient)),
});
