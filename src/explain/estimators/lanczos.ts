import type { Term } from "../term.ts";

export const lanczos: Term = {
  name: "lanczos",
  title: "Lanczos iteration",
  formula: String.raw`A Q_m = Q_m T_m + \beta_m q_{m+1} e_m^\top`,
  text: "Builds an orthonormal basis of the space spanned by v, Av, A²v, … in which a symmetric matrix is tridiagonal. The eigenvalues of the small matrix T approach the extreme eigenvalues of A long before m reaches the dimension. In floating point the basis loses orthogonality, and the same eigenvalue then appears many times: ghost copies.",
  measured:
    "Full reorthogonalisation at every step, so there are no ghosts; each eigenvalue comes with its residual. Hidden copies are searched from a fresh start, and the run says where that search was not made.",
  source: "Lanczos 1950; Paige 1971",
  see: ["ritz-value", "residual", "slq"],
};
