import { lossGradient } from "../../quantities/loss-gradient.ts";
import { lossRounding } from "../../quantities/loss-rounding.ts";
import { lossValue } from "../../quantities/loss-value.ts";
import { defineQuantity } from "../../quantities/quantity.ts";
import { measureBeforehand } from "./flatness-measures.ts";
import { flatnessParameters } from "./flatness-parameters.ts";

/** What the measures of flatness need no curvature for, at the weights themselves. */
export const flatnessBeforehand = defineQuantity({
  name: "flatness without curvature",
  parameters: flatnessParameters,
  needs: [lossValue, lossGradient, lossRounding],
  compute: (desk, settings) => measureBeforehand(desk, settings, desk.random.split("flatness")),
});
