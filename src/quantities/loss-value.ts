import { z } from "zod";
import { defineQuantity } from "./quantity.ts";

/** L(θ), with the share of examples that are predicted right where they have classes. */
export const lossValue = defineQuantity({
  name: "loss",
  parameters: z.object({}),
  besides: () => ({ losses: 1 }),
  compute: ({ point, context }) => point.value(context),
});
