import type { Term } from "../term.ts";

export const hutchinson: Term = {
  name: "hutchinson",
  title: "Hutchinson's estimator",
  formula: String.raw`\operatorname{tr} A \approx \frac1m \sum_{k=1}^m v_k^\top A v_k,\qquad v_k \in \{\pm 1\}^n`,
  text: "The trace as a mean of quadratic forms with random signs. It is unbiased; its variance is twice the sum of squared off-diagonal entries over m, so its error falls only with the square root of the number of products.",
  measured: "Used alone, or for what a low-rank part leaves over; the spread of the samples gives the standard error.",
  source: "Girard 1989; Hutchinson 1990",
  see: ["trace", "hutch++", "xtrace"],
};
