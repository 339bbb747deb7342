import { z } from "zod";
import { dot, meanOf } from "../linalg/vector.ts";
import { dataGradient } from "./data-gradient.ts";
import { exampleNorms } from "./example-norms.ts";
import { gradientRounding } from "./gradient-rounding.ts";
import { defineQuantity } from "./quantity.ts";
import { MEASURED } from "./rounding-yardsticks.ts";
import { wideGradients } from "./wide-gradients.ts";

/** What rounding leaves of (1/n) Σ gᵢᵀg − ‖g‖², which is zero where examples do not depend on each other; g without the L2 term. */
export const meanRounding = defineQuantity({
  name: "rounding of the mean of gradients",
  parameters: z.object({}),
  needs: [exampleNorms, dataGradient, gradientRounding, wideGradients],
  compute: async (desk) => {
    const { alongMean } = await desk.get(exampleNorms);
    const mean = await desk.get(dataGradient);
    const square = dot(mean, mean);
    const each = await desk.get(gradientRounding);
    const exact = await desk.get(wideGradients);
    const off = exact
      ? Math.abs(meanOf(alongMean) - meanOf(exact.along)) + Math.abs(square - dot(exact.mean, exact.mean))
      : 0;
    return Math.max((each.example + each.gradient) * Math.sqrt(square), MEASURED * off);
  },
});
