import type { Term } from "../term.ts";

export const confidenceInterval: Term = {
  name: "confidence-interval",
  title: "Confidence interval",
  formula: String.raw`P(\text{lower} \le x \le \text{upper}) \ge 1 - \alpha`,
  text: "The range that covers the true value in, say, 95 of 100 repetitions of the random part of the measurement. It speaks of the random probes only, not of the choice of data; that of the critical batch size alone speaks of the choice of examples.",
  measured:
    "Traces: the normal quantile with the variance that ‖Az‖² gives, Student's t for XTrace, layers and diagonals. Frobenius norm: Student's t made symmetric for skewed samples (Hall 1992). Density and traces of functions: χ². Shares: the beta law inverted, as Clopper and Pearson do. Cosines: the jackknife on Fisher's scale. Critical batch size: a test inverted, over the examples. Estimators stop when the interval is narrow enough, never because successive means agree.",
  source: "Student 1908; Neyman 1937",
  see: ["trace", "hutchinson"],
};
