import type { Term } from "./term.ts";

export const noiseScale: Term = {
  name: "noise-scale",
  title: "Gradient noise scale",
  formula: String.raw`B_{\text{simple}} = \frac{\operatorname{tr}\Sigma}{\lVert g \rVert^2},\qquad \Sigma = \frac1n\sum_i (g_i - g)(g_i - g)^\top`,
  text: "How noisy the gradient of a single example is against the full one, in units of a batch size: with batches much smaller than it steps are mostly noise, with much larger ones most of the computation is wasted.",
  measured:
    "From the gradients of single examples, without bias for the finite number of examples, with a bootstrap interval.",
  source: "McCandlish, Kaplan & Amodei 2018",
  see: ["critical-batch-size", "gradient"],
};
