import type { Term } from "../term.ts";

export const outliers: Term = {
  name: "outliers",
  title: "Outlier eigenvalues",
  formula: String.raw`\lambda_1 \ge \dots \ge \lambda_k \gg \lambda_{k+1}`,
  text: "A few eigenvalues far above the rest. In deep classifiers trained to a small loss about as many as classes were seen, coming from the means of the class gradients, with most of the gradient in their span. It is an observation, not a law: small networks often break it.",
  measured: "The leading eigenvalues with residuals, and the share of the gradient in the space of their eigenvectors.",
  source: "Papyan 2019; Gur-Ari, Roberts & Dyer 2018",
  see: ["bulk", "spectral-density"],
};
