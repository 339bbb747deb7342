import { z } from "zod";
import { adamLimit, adamParameters, adamRule } from "./adam-rule.ts";
import { defineCoordinateOptimizer } from "./optimizer.ts";
import { coupledDecay } from "./parameters.ts";

/** `torch.optim.Adam`. */
export const adam = defineCoordinateOptimizer({
  name: "adam",
  title: "Adam",
  summary: "the mean gradient over the root of its mean square, coordinate by coordinate",
  formula: String.raw`m_{t} = \beta_1 m_{t-1} + (1-\beta_1)g_t,\; v_{t} = \beta_2 v_{t-1} + (1-\beta_2)g_t^2,\; \theta_{t} = \theta_{t-1} - \eta\,\frac{m_t/(1-\beta_1^t)}{\sqrt{v_t/(1-\beta_2^t)} + \varepsilon}`,
  source: "Kingma & Ba (2015)",
  parameters: z.object({ ...adamParameters, weightDecay: coupledDecay }),
  rule: (options) => adamRule(options, false),
  stabilityLimit: (options) => adamLimit(options, false),
});
