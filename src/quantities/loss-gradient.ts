import { z } from "zod";
import { defineQuantity } from "./quantity.ts";

/** ∇L, with the L2 term. */
export const lossGradient = defineQuantity({
  name: "gradient",
  parameters: z.object({}),
  compute: ({ point, context }) => point.gradient(context),
});
