import type { Term } from "./term.ts";

export const saddle: Term = {
  name: "saddle",
  title: "Saddle point",
  formula: String.raw`\nabla L = 0,\quad \lambda_{\min}(H) < 0 < \lambda_{\max}(H)`,
  text: "A point without slope that is a minimum along some directions and a maximum along others. Progress is slow near it, because the gradient is small in all directions, until the negative direction has been found.",
  measured: "The gradient against its own noise, and the smallest eigenvalue with its residual.",
  source: "Dauphin et al. 2014",
  see: ["negative-curvature", "gradient"],
};
