import type { Term } from "./term.ts";

export const criticalBatchSize: Term = {
  name: "critical-batch-size",
  title: "Critical batch size",
  formula: String.raw`B_{\text{crit}} \approx \frac{\operatorname{tr}(\Sigma)}{\lVert g\rVert^2}`,
  text: "The batch size at which data efficiency and time efficiency are in balance. Below it doubling the batch nearly halves the number of steps; above it the gain fades. It grows while the gradient shrinks during training.",
  measured: "As the noise scale at the given weights; near a minimum it is large and its interval wide.",
  source: "McCandlish, Kaplan & Amodei 2018",
  see: ["noise-scale"],
};
