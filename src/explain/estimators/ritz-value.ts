import type { Term } from "../term.ts";

export const ritzValue: Term = {
  name: "ritz-value",
  title: "Ritz value",
  formula: String.raw`\theta = y^\top A y,\qquad y \in \operatorname{span} Q_m,\ \lVert y\rVert = 1`,
  text: "An eigenvalue of the matrix restricted to a subspace. The largest Ritz value never exceeds the largest eigenvalue, so an unconverged one underestimates. How near it is, its residual says.",
  measured: "Computed from the tridiagonal matrix of a Lanczos run and reported with its residual.",
  source: "Ritz 1909; Parlett 1980, The Symmetric Eigenvalue Problem",
  see: ["lanczos", "residual"],
};
