import type { Term } from "../term.ts";

export const criticalBatchSize: Term = {
  name: "critical-batch-size",
  title: "Critical batch size",
  formula: String.raw`B_{\text{crit}} \approx \frac{\operatorname{tr}(\Sigma)}{\lVert g\rVert^2}`,
  text: "The batch size at which data efficiency and time efficiency are in balance. Well below it doubling the batch nearly halves the number of steps; at it a doubling gains a third, above it the gain fades. It grows while the gradient shrinks during training.",
  measured:
    "As the noise scale at the given weights. Where a gradient of length zero is not ruled out for the population, only a lower bound is given; where the gradient on the given data is zero up to rounding, there is none.",
  source: "McCandlish, Kaplan & Amodei 2018",
  see: ["noise-scale"],
};
