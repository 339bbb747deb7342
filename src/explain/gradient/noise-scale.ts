import type { Term } from "../term.ts";

export const noiseScale: Term = {
  name: "noise-scale",
  title: "Gradient noise scale",
  formula: String.raw`B_{\text{simple}} = \frac{\operatorname{tr}\Sigma}{\lVert g \rVert^2},\qquad \Sigma = \frac1n\sum_i (g_i - g)(g_i - g)^\top`,
  text: "How noisy the gradient of a single example is against the full one, in units of a batch size: with batches much smaller than it steps are mostly noise, and doubling the batch nearly doubles the progress of a step; at it a doubling gains a third; with much larger ones most of the computation is wasted.",
  measured:
    "From the gradients of single examples: tr Σ over ‖g‖² − tr Σ/n, since ‖g‖² of n examples is too long by tr Σ/n. The interval inverts a test, with tr Σ² estimated without bias; where a gradient of length zero is not ruled out it is a lower bound. It speaks of a population only where the weights were not fitted to these examples; the plug-in tr Σ/‖g‖² of the examples alone stands beside it. Where the loss is a sum (--reduction sum), gᵢ is n times the gradient of an example's own loss, so that the gᵢ average to g: tr Σ is then n² times the spread of the examples' own gradients, and the batch size is the same. Where examples count unequally in a mean (weights of classes, labels that are left out), the gradient of a batch is a ratio, whose denominator changes with the batch, too: gᵢ − g is then gᵢ − (mᵢ/m̄) g, with mᵢ the weight of example i and m̄ the average one, which is right to first order in one over the batch size.",
  source: "McCandlish, Kaplan & Amodei 2018",
  see: ["critical-batch-size", "gradient"],
};
