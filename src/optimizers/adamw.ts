import { z } from "zod";
import { adamLimit, adamParameters, adamRule } from "./adam-rule.ts";
import { defineCoordinateOptimizer } from "./optimizer.ts";

/** `torch.optim.AdamW`. */
export const adamw = defineCoordinateOptimizer({
  name: "adamw",
  title: "AdamW",
  summary: "Adam whose weights decay by themselves, not through the gradient",
  formula: String.raw`\theta_{t} = (1-\eta w)\,\theta_{t-1} - \eta\,\frac{m_t/(1-\beta_1^t)}{\sqrt{v_t/(1-\beta_2^t)} + \varepsilon}`,
  source: "Loshchilov & Hutter (2019)",
  parameters: z.object({
    ...adamParameters,
    weightDecay: z.number().min(0).default(0.01).describe("weight decay w, decoupled: θ ← (1 − ηw)θ before the step"),
  }),
  rule: (options) => adamRule(options, true),
  // At the root −1 of the update: (1−β)ηλ = (1+β)(2−ηw).
  stabilityLimit: (options) => adamLimit(options, true),
});
