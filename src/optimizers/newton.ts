import { z } from "zod";
import { axpy } from "../linalg/vector.ts";
import { defineOptimizer } from "./optimizer.ts";
import { krylovDimensions } from "./parameters.ts";
import { functionTimes } from "./spectral-step.ts";
import { gradientAt } from "./walk.ts";
import { maxOf } from "../util/extremes.ts";

/** Curvatures smaller than this share of the largest are not divided by: what they would give is rounding. */
const FLAT = 1e-14;

/** θ ← θ − H⁻¹g: to the nearest critical point of the quadratic, whatever its kind. */
export const newton = defineOptimizer({
  name: "newton",
  title: "Newton",
  summary: "to the critical point of the local quadratic, minimum or saddle",
  formula: String.raw`\theta_{t+1} = \theta_t - H(\theta_t)^{-1}\,\nabla L(\theta_t)`,
  source: "Newton (1669), Raphson (1690); drawn to saddles: Dauphin et al. (2014)",
  parameters: z.object({
    share: z.number().positive().default(1).describe("share of the step that is taken"),
    krylov: krylovDimensions,
  }),
  *walk({ share, krylov }, { start }) {
    const weights = start.slice();
    for (;;) {
      const slope = yield* gradientAt(weights);
      const step = yield* functionTimes(weights, slope, krylov, (eigenvalue, all) =>
        Math.abs(eigenvalue) <= FLAT * maxOf(all.map(Math.abs)) ? 0 : 1 / eigenvalue,
      );
      axpy(-share, step, weights);
      yield { kind: "step", weights };
    }
  },
});
