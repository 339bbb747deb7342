import { z } from "zod";
import { defineCoordinateOptimizer } from "./optimizer.ts";
import { coupledDecay, stepSize } from "./parameters.ts";
import { sgdLimit, sgdRule, type SgdOptions } from "./sgd-rule.ts";

const parameters = z.object({ lr: stepSize(1e-3), weightDecay: coupledDecay });

const asSgd = ({ lr, weightDecay }: z.output<typeof parameters>): SgdOptions => ({
  lr,
  momentum: 0,
  dampening: 0,
  nesterov: false,
  weightDecay,
});

/** θ ← θ − η∇L(θ). */
export const gradientDescent = defineCoordinateOptimizer({
  name: "gd",
  title: "gradient descent",
  summary: "a fixed multiple of the gradient, downhill",
  formula: String.raw`\theta_{t+1} = \theta_t - \eta\,\nabla L(\theta_t)`,
  source: "Cauchy (1847)",
  parameters,
  rule: (options) => sgdRule(asSgd(options)),
  stabilityLimit: (options) => sgdLimit(asSgd(options), { formula: "2/λ", note: "Full batch, fixed step." }),
});
