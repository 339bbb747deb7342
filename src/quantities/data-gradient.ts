import { z } from "zod";
import { gradientDerivative } from "../problem/derivatives/gradient.ts";
import { defineQuantity } from "./quantity.ts";

/** ∇L without the L2 term: the mean of the examples' gradients. */
export const dataGradient = defineQuantity({
  name: "gradient of the data",
  parameters: z.object({}),
  besides: () => ({ gradients: 1 }),
  compute: ({ point, context }) => point.dataDerivative(gradientDerivative, context),
});
