import { z } from "zod";
import { defineCoordinateOptimizer, type CoordinateRule } from "./optimizer.ts";
import { decayRate, stepSize } from "./parameters.ts";

/** θ ← (1−ηw)θ − η sign(β₁m + (1−β₁)g), m ← β₂m + (1−β₂)g. Every coordinate moves by η: no fixed step settles. */
export const lion = defineCoordinateOptimizer({
  name: "lion",
  title: "Lion",
  summary: "the sign of a mean gradient: every coordinate moves by the same length",
  formula: String.raw`\theta_{t} = (1-\eta w)\,\theta_{t-1} - \eta\,\mathrm{sign}(\beta_1 m_{t-1} + (1-\beta_1)g_t),\quad m_t = \beta_2 m_{t-1} + (1-\beta_2)g_t`,
  source: "Chen et al. (2023)",
  parameters: z.object({
    lr: stepSize(1e-4),
    beta1: decayRate(0.9, "share β₁ of the mean in the step"),
    beta2: decayRate(0.99, "share β₂ of the mean that stays"),
    weightDecay: z.number().min(0).default(0).describe("weight decay w, decoupled: θ ← (1 − ηw)θ before the step"),
  }),
  rule({ lr, beta1, beta2, weightDecay }): CoordinateRule<"stepSize" | "kept"> {
    return {
      state: ["exp_avg"],
      numbers: (_step, stepSize = lr) => ({ stepSize, kept: 1 - stepSize * weightDecay }),
      update(a, { weight, gradient, state: [mean], numbers }) {
        const from = weightDecay === 0 ? weight : a.mul(weight, numbers.kept);
        const direction = a.sign(a.add(a.mul(mean, beta1), a.mul(gradient, 1 - beta1)));
        return {
          weight: a.sub(from, a.mul(direction, numbers.stepSize)),
          state: [a.add(a.mul(mean, beta2), a.mul(gradient, 1 - beta2))],
        };
      },
    };
  },
});
