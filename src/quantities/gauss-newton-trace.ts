import { exactEstimate, type Estimate } from "../estimators/estimate.ts";
import { estimateTrace } from "../estimators/trace.ts";
import { hessianMatrix, isSmall } from "./hessian-matrix.ts";
import { gaussNewtonOperator } from "./gauss-newton-operator.ts";
import { bytesOfMatrix, bytesOfVectors } from "./memory.ts";
import { defineQuantity } from "./quantity.ts";
import type { Setting } from "./setting.ts";
import { hasFewOutputs, SAMPLED, traceByOutputs } from "./trace-by-outputs.ts";
import { traceParameters } from "./trace-parameters.ts";

function comesFromOutputs(setting: Setting): boolean {
  return hasFewOutputs(setting.problem, setting.parametersOf(hessianMatrix).exactLimit);
}

/** tr G: exact from the gradients of every output where they are few, or from every diagonal entry of a small matrix, else by probes. */
export const gaussNewtonTrace = defineQuantity({
  name: "Gauss–Newton trace",
  parameters: hessianMatrix.parameters.extend(traceParameters.shape),
  cost: (setting) => (comesFromOutputs(setting) ? 0 : isSmall(setting) ? setting.problem.space.dimension : SAMPLED),
  bytes: (setting) => {
    const n = setting.problem.space.dimension;
    if (comesFromOutputs(setting)) return {};
    return { working: isSmall(setting) ? bytesOfMatrix(n) : bytesOfVectors(n, 2 * SAMPLED) };
  },
  compute: async (desk, { traceTolerance: tolerance }): Promise<Estimate> => {
    const { confidence, random } = desk;
    const context = desk.stage("Gauss–Newton trace");
    const gaussNewton = desk.operator(gaussNewtonOperator);
    if (comesFromOutputs(desk)) {
      const {
        value,
        rounding = 0,
        products,
        method,
      } = await traceByOutputs(desk.problem, desk.point, confidence, context);
      // Made in another way, but of the same factors as the products.
      const measured = (await gaussNewton.rounding?.())?.trace ?? 0;
      return exactEstimate(value, Math.max(rounding, measured), products, method, confidence);
    }
    const method = isSmall(desk) ? "exact" : "auto";
    return estimateTrace(gaussNewton, { tolerance, confidence, method }, random.split("gauss-newton trace"), context);
  },
});
