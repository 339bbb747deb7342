import type { Term } from "./term.ts";

export const confidenceInterval: Term = {
  name: "confidence-interval",
  title: "Confidence interval",
  formula: String.raw`P(\text{lower} \le x \le \text{upper}) \ge 1 - \alpha`,
  text: "The range that covers the true value in, say, 95 of 100 repetitions of the random part of the measurement. It speaks of the random probes only, not of the choice of data.",
  measured:
    "Student's t over independent probes; estimators stop when the interval is narrow enough, never because successive means agree.",
  source: "Student 1908; Neyman 1937",
  see: ["trace", "hutchinson"],
};
