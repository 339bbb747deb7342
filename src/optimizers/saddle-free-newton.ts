import { z } from "zod";
import { axpy } from "../linalg/vector.ts";
import { defineOptimizer } from "./optimizer.ts";
import { krylovDimensions } from "./parameters.ts";
import { functionTimes } from "./spectral-step.ts";
import { gradientAt } from "./walk.ts";

/** θ ← θ − |H|⁻¹g: Newton's lengths, but downhill along negative curvature. */
export const saddleFreeNewton = defineOptimizer({
  name: "saddle-free",
  title: "saddle-free Newton",
  summary: "Newton's step with the size of each curvature: saddles repel",
  formula: String.raw`\theta_{t+1} = \theta_t - (\lvert H(\theta_t)\rvert + \delta)^{-1}\,\nabla L(\theta_t)`,
  source: "Dauphin, Pascanu, Gulcehre, Cho, Ganguli & Bengio (2014)",
  parameters: z.object({
    share: z.number().positive().default(1).describe("share of the step that is taken"),
    damping: z.number().min(0).default(0).describe("δ, added to each |λ|"),
    krylov: krylovDimensions,
  }),
  *walk({ share, damping, krylov }, { start }) {
    const weights = start.slice();
    for (;;) {
      const slope = yield* gradientAt(weights);
      const step = yield* functionTimes(weights, slope, krylov, (eigenvalue) => {
        const size = Math.abs(eigenvalue) + damping;
        return size === 0 ? 0 : 1 / size;
      });
      axpy(-share, step, weights);
      yield { kind: "step", weights };
    }
  },
});
