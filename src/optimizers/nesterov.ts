import { z } from "zod";
import { defineCoordinateOptimizer } from "./optimizer.ts";
import { coupledDecay, decayRate, stepSize } from "./parameters.ts";
import { sgdLimit, sgdRule, type SgdOptions } from "./sgd-rule.ts";

const parameters = z.object({
  lr: stepSize(1e-3),
  momentum: decayRate(0.9, "momentum β"),
  weightDecay: coupledDecay,
});

const asSgd = (options: z.output<typeof parameters>): SgdOptions => ({ ...options, dampening: 0, nesterov: true });

/** v ← βv + ∇L(θ), θ ← θ − η(∇L(θ) + βv): the gradient ahead of the step, as PyTorch writes it. */
export const nesterov = defineCoordinateOptimizer({
  name: "nesterov",
  title: "Nesterov",
  summary: "momentum whose gradient is taken ahead of the step",
  formula: String.raw`v_{t+1} = \beta v_t + \nabla L(\theta_t),\quad \theta_{t+1} = \theta_t - \eta\,(\nabla L(\theta_t) + \beta v_{t+1})`,
  source: "Nesterov (1983); in this form Sutskever, Martens, Dahl & Hinton (2013)",
  parameters,
  rule: (options) => sgdRule(asSgd(options)),
  stabilityLimit: (options) =>
    sgdLimit(asSgd(options), {
      formula: "(2+2β)/(λ(1+2β))",
      note: "The gradient is taken ahead of the step.",
    }),
});
