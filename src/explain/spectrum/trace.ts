import type { Term } from "../term.ts";

export const trace: Term = {
  name: "trace",
  title: "Trace of the Hessian",
  formula: String.raw`\operatorname{tr} H = \sum_i \lambda_i`,
  text: "The sum of all eigenvalues: the mean curvature times the number of parameters. It is twice the rate, per σ², at which isotropic noise in the weights raises the loss: E L(θ + σε) − L(θ) ≈ σ²/2 · tr H.",
  measured:
    "Stochastic estimation with random vectors, stopped by a confidence interval; the result names the interval and the number of products. Exact when every eigenvalue was computed.",
  source: "Hutchinson 1990",
  see: ["hutchinson", "hutch++", "xtrace", "confidence-interval"],
};
