import type { Term } from "../term.ts";

export const spectralDensity: Term = {
  name: "spectral-density",
  title: "Spectral density",
  formula: String.raw`\phi(\lambda) = \frac1n \sum_{i=1}^n \delta(\lambda - \lambda_i)`,
  text: "How the eigenvalues are spread: what share of directions is flat, how wide the bulk is, which outliers stand apart, how much is negative. For trained classifiers a bulk at 0 and about as many outliers as classes have often been seen.",
  measured:
    "Stochastic Lanczos quadrature with a stated smoothing width and a confidence band over the random starts; exact for small networks.",
  source: "Ghorbani, Krishnan & Xiao 2019; Papyan 2019; Sagun et al. 2017",
  see: ["slq", "bulk", "outliers"],
};
