import type { Term } from "../term.ts";

export const bulk: Term = {
  name: "bulk",
  title: "Bulk of the spectrum",
  formula: String.raw`\{\lambda_i : \lvert\lambda_i\rvert \ll \lambda_{\max}\}`,
  text: "The mass of eigenvalues near 0, which in trained networks holds nearly all directions. In classifiers its width was traced to the residual part H − G and to the spread of gradients within classes.",
  measured: "As the body of the spectral density, with its confidence band.",
  source: "Sagun et al. 2017; Papyan 2019",
  see: ["outliers", "spectral-density"],
};
