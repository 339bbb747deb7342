import { z } from "zod";
import { defineCoordinateOptimizer } from "./optimizer.ts";
import { coupledDecay, decayRate, stepSize } from "./parameters.ts";
import { sgdLimit, sgdRule, type SgdOptions } from "./sgd-rule.ts";

const parameters = z.object({
  lr: stepSize(1e-3),
  momentum: decayRate(0.9, "share β of the mean that stays"),
  weightDecay: coupledDecay,
});

const asSgd = (options: z.output<typeof parameters>): SgdOptions => ({
  ...options,
  dampening: options.momentum,
  nesterov: false,
});

/** m ← βm + (1−β)∇L(θ), θ ← θ − ηm: PyTorch's SGD whose dampening is its momentum; the first m is ∇L(θ). */
export const averagedGradient = defineCoordinateOptimizer({
  name: "ema",
  title: "gradient averaged with weight 1 − β",
  summary: "the running mean of the gradients, downhill",
  formula: String.raw`m_{t+1} = \beta m_t + (1-\beta)\nabla L(\theta_t),\quad \theta_{t+1} = \theta_t - \eta\,m_{t+1}`,
  source: "the momentum of Adam (Kingma & Ba 2015) alone; its limit in Cohen et al. (2022)",
  parameters,
  rule: (options) => sgdRule(asSgd(options)),
  stabilityLimit: (options) =>
    sgdLimit(asSgd(options), {
      formula: "(2+2β)/((1−β)λ)",
      note: "m ← βm + (1−β)g, θ ← θ − ηm. Adam obeys it with λ of the preconditioned Hessian D⁻¹H, D = √v + ε, not with this λ.",
    }),
});
