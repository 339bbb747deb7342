import { z } from "zod";
import { defineCoordinateOptimizer } from "./optimizer.ts";
import { coupledDecay, decayRate, stepSize } from "./parameters.ts";
import { sgdLimit, sgdRule } from "./sgd-rule.ts";

/** `torch.optim.SGD` with all its numbers: plain, heavy ball, Nesterov. Whether the gradient is of a batch is the data's business. */
export const sgd = defineCoordinateOptimizer({
  name: "sgd",
  title: "SGD",
  summary: "PyTorch's SGD: the gradient of a batch, with momentum where it is asked for",
  formula: String.raw`v_{t+1} = \beta v_t + (1-d)\,g_t,\quad \theta_{t+1} = \theta_t - \eta\,v_{t+1}`,
  source: "Robbins & Monro (1951); momentum by Polyak (1964)",
  parameters: z
    .object({
      lr: stepSize(1e-3),
      momentum: decayRate(0, "momentum β"),
      dampening: z.number().min(0).lt(1).default(0).describe("d: the gradient enters the velocity 1 − d times"),
      nesterov: z.boolean().default(false).describe("take the gradient ahead of the step"),
      weightDecay: coupledDecay,
    })
    .refine(({ momentum, dampening, nesterov }) => !nesterov || (momentum > 0 && dampening === 0), {
      path: ["nesterov"],
      message: "it needs a momentum above 0 and no dampening",
    }),
  rule: sgdRule,
  stabilityLimit: (options) => {
    const { momentum, dampening, nesterov } = options;
    const formula = nesterov
      ? "(2+2β)/(λ(1+2β))"
      : momentum === 0
        ? "2/λ"
        : dampening === 0
          ? "2(1+β)/λ"
          : "(2+2β)/((1−d)λ)";
    return sgdLimit(options, { formula, note: "Full batch, fixed step; each batch has a curvature of its own." });
  },
});
