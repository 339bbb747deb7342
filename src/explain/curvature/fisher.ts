import type { Term } from "../term.ts";

export const fisher: Term = {
  name: "fisher",
  title: "Fisher information matrix",
  formula: String.raw`F = \frac1n \sum_i J_i^\top\, \mathbb{E}_{y \sim p(\cdot\mid z_i)}\!\left[\partial_z \ell\, \partial_z \ell^\top\right] J_i`,
  text: "How fast the distribution that the model predicts changes when the weights move. Labels are drawn from the model, not from the data. For cross-entropy on logits, and for squared error up to a factor, it equals the Gauss–Newton matrix.",
  measured: "The expectation over labels is written out exactly, not sampled; products like those of Gauss–Newton.",
  source: "Amari 1998, Natural gradient works efficiently in learning; Martens 2020",
  see: ["empirical-fisher", "gauss-newton"],
};
