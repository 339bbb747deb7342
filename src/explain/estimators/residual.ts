import type { Term } from "../term.ts";

export const residual: Term = {
  name: "residual",
  title: "Residual of an eigenvalue",
  formula: String.raw`r = \lVert A y - \theta y\rVert,\qquad \min_i \lvert\lambda_i - \theta\rvert \le r`,
  text: "The proof that comes with every eigenvalue: an exact eigenvalue lies within r of θ. For an isolated eigenvalue the error is even smaller, about r² over the gap to the next one.",
  measured:
    "From the Lanczos relation, or with one fresh product; printed beside every eigenvalue and used to decide how many digits are shown.",
  source: "Weinstein 1934; Parlett 1980",
  see: ["ritz-value", "lanczos"],
};
