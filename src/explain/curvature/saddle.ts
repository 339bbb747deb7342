import type { Term } from "../term.ts";

export const saddle: Term = {
  name: "saddle",
  title: "Saddle point",
  formula: String.raw`\nabla L = 0,\quad \lambda_{\min}(H) < 0 < \lambda_{\max}(H)`,
  text: "A point without slope that is a minimum along some directions and a maximum along others. Gradient descent is slow near it, because the gradient is short there, until its part along a negative direction has grown.",
  measured:
    "The gradient against its rounding and its sampling noise, and the smallest eigenvalue with its residual. Where the gradient is not zero within its error, the run speaks of curvature only.",
  source: "Dauphin et al. 2014",
  see: ["negative-curvature", "gradient"],
};
