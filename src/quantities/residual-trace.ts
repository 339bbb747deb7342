import { z } from "zod";
import { exactEstimate, type Estimate } from "../estimators/estimate.ts";
import { estimateTrace } from "../estimators/trace.ts";
import { gaussNewtonTrace } from "./gauss-newton-trace.ts";
import { hessianExtremes } from "./hessian-extremes.ts";
import { hessianMatrix, isLarge, isSmall } from "./hessian-matrix.ts";
import { hessianTrace } from "./hessian-trace.ts";
import { bytesOfVectors } from "./memory.ts";
import { defineQuantity, onlyIf } from "./quantity.ts";
import { residualOperator } from "./residual-operator.ts";

/** Products that probes of the difference take, about. */
const SAMPLED = 100;

/** tr (H − G) = tr H − tr G where both are exact, else by probes of the difference, to a fiftieth of the largest curvature. */
export const residualTrace = defineQuantity({
  name: "trace of H − G",
  parameters: z.object({}),
  needs: [
    hessianMatrix,
    onlyIf(isLarge, hessianExtremes),
    onlyIf(isSmall, hessianTrace),
    onlyIf(isSmall, gaussNewtonTrace),
  ],
  cost: (setting) => (isSmall(setting) ? 0 : SAMPLED),
  bytes: (setting) => ({
    working: isSmall(setting) ? 0 : bytesOfVectors(setting.problem.space.dimension, 2 * SAMPLED),
  }),
  compute: async (desk): Promise<Estimate> => {
    const { confidence, random } = desk;
    if (await desk.get(hessianMatrix)) {
      const [h, g] = [await desk.get(hessianTrace), await desk.get(gaussNewtonTrace)];
      const rounding = (h.rounding ?? 0) + (g.rounding ?? 0);
      return exactEstimate(h.value - g.value, rounding, h.products + g.products, "exact, tr H − tr G", confidence);
    }
    const { scale } = await desk.get(hessianExtremes);
    const options = { tolerance: 0.1, absoluteTolerance: 0.02 * scale, confidence, maxProducts: 200 };
    return estimateTrace(
      desk.operator(residualOperator),
      options,
      random.split("residual trace"),
      desk.stage("residual part"),
    );
  },
});
