import { z } from "zod";
import { axpy } from "../linalg/vector.ts";
import { gaussNewtonStep } from "./gauss-newton-step.ts";
import { defineOptimizer } from "./optimizer.ts";
import { solving } from "./parameters.ts";
import { gradientAt } from "./walk.ts";

/**
 * θ ← θ − η(F + δ)⁻¹∇L with F = JᵀMJ, the generalised Gauss–Newton matrix: it is the Fisher information where the loss is the
 * negative log-likelihood of an exponential family in its natural parameters, as cross-entropy and the squared error are
 * (Martens 2020). Which parameters describe the model does not matter to a short step.
 */
export const naturalGradient = defineOptimizer({
  name: "natural-gradient",
  title: "natural gradient",
  summary: "downhill by the distance between distributions, not between parameters",
  formula: String.raw`\theta_{t+1} = \theta_t - \eta\,(F(\theta_t) + \delta)^{-1}\,\nabla L(\theta_t)`,
  source: "Amari (1998); Martens (2020)",
  parameters: z.object({
    share: z.number().positive().default(1).describe("share η of the step that is taken"),
    damping: z.number().min(0).default(0).describe("δ, added to each curvature"),
    ...solving,
  }),
  asks: "gauss-newton",
  *walk({ share, damping, tolerance, iterations }, { start }) {
    const weights = start.slice();
    for (;;) {
      const slope = yield* gradientAt(weights);
      const { step } = yield* gaussNewtonStep(weights, slope, { damping, tolerance, most: iterations });
      axpy(share, step, weights);
      yield { kind: "step", weights };
    }
  },
});
