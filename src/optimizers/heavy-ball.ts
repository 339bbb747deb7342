import { z } from "zod";
import { defineCoordinateOptimizer } from "./optimizer.ts";
import { coupledDecay, decayRate, stepSize } from "./parameters.ts";
import { sgdLimit, sgdRule, type SgdOptions } from "./sgd-rule.ts";

const parameters = z.object({
  lr: stepSize(1e-3),
  momentum: decayRate(0.9, "momentum β"),
  weightDecay: coupledDecay,
});

const asSgd = (options: z.output<typeof parameters>): SgdOptions => ({ ...options, dampening: 0, nesterov: false });

/** v ← βv + ∇L(θ), θ ← θ − ηv. */
export const heavyBall = defineCoordinateOptimizer({
  name: "momentum",
  title: "heavy ball",
  summary: "gradients add up to a velocity that friction slows down",
  formula: String.raw`v_{t+1} = \beta v_t + \nabla L(\theta_t),\quad \theta_{t+1} = \theta_t - \eta\,v_{t+1}`,
  source: "Polyak (1964)",
  parameters,
  rule: (options) => sgdRule(asSgd(options)),
  stabilityLimit: (options) =>
    sgdLimit(asSgd(options), {
      formula: "2(1+β)/λ",
      note: "v ← βv − ηg, θ ← θ + v: PyTorch's SGD with momentum.",
    }),
});
