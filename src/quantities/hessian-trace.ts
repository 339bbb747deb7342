import { z } from "zod";
import { sumOf } from "../linalg/vector.ts";
import { exactEstimate, type Estimate } from "../estimators/estimate.ts";
import { denseHessian, isLarge } from "./dense-hessian.ts";
import { defineQuantity, onlyIf } from "./quantity.ts";
import { sampledHessianTrace } from "./sampled-hessian-trace.ts";

/** tr H = Σ λᵢ: exact from the whole matrix where there is one, else by probes. */
export const hessianTrace = defineQuantity({
  name: "Hessian trace",
  parameters: z.object({}),
  needs: [denseHessian, onlyIf(isLarge, sampledHessianTrace)],
  compute: async (desk): Promise<Estimate> => {
    const dense = await desk.get(denseHessian);
    if (!dense) return desk.get(sampledHessianTrace);
    const { matrix, values, rounding, products } = dense;
    const n = values.length;
    const trace = sumOf(Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]));
    return exactEstimate(trace, rounding.trace, products, "exact, from the whole matrix", desk.confidence);
  },
});
