import { z } from "zod";
import { sumOf } from "../linalg/vector.ts";
import { exactEstimate, type Estimate } from "../estimators/estimate.ts";
import { hessianMatrix, isLarge } from "./hessian-matrix.ts";
import { defineQuantity, onlyIf } from "./quantity.ts";
import { sampledHessianTrace } from "./sampled-hessian-trace.ts";

/** tr H = Σ λᵢ: exact from the whole matrix where there is one, else by probes. */
export const hessianTrace = defineQuantity({
  name: "Hessian trace",
  parameters: z.object({}),
  needs: [hessianMatrix, onlyIf(isLarge, sampledHessianTrace)],
  compute: async (desk): Promise<Estimate> => {
    const found = await desk.get(hessianMatrix);
    if (!found) return desk.get(sampledHessianTrace);
    const { matrix, rounding, products } = found;
    const n = desk.problem.space.dimension;
    const trace = sumOf(Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]));
    return exactEstimate(trace, rounding.trace, products, "exact, from the whole matrix", desk.confidence);
  },
});
