import type { Term } from "./term.ts";

export const effectiveRank: Term = {
  name: "effective-rank",
  title: "Stable rank",
  formula: String.raw`r_F = \frac{\lVert H\rVert_F^2}{\lambda_{\max}^2}`,
  text: "How many eigenvalues as large as the largest would make up the same Frobenius norm: the stable rank, also called effective rank (Roy and Vetterli's effective rank is another, the exponential of the entropy of the spectrum). In trained networks it is tiny compared with the number of parameters: a few directions hold the curvature.",
  measured: "From the Frobenius norm and λmax, each with its own error.",
  source: "Rudelson & Vershynin 2007 (stable rank)",
  see: ["frobenius", "outliers"],
};
