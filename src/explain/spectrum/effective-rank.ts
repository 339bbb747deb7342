import type { Term } from "../term.ts";

export const effectiveRank: Term = {
  name: "effective-rank",
  title: "Stable rank",
  formula: String.raw`r_F = \frac{\lVert H\rVert_F^2}{\lVert H\rVert_2^2}`,
  text: "How many eigenvalues as large as the largest would make up the same Frobenius norm: the stable rank, also called effective rank (Roy and Vetterli's effective rank is another, the exponential of the entropy of the spectrum). In trained networks it has often been found tiny beside the number of parameters.",
  measured: "From the Frobenius norm and the largest eigenvalue in size, each with its own error.",
  source: "Rudelson & Vershynin 2007 (stable rank)",
  see: ["frobenius", "outliers"],
};
