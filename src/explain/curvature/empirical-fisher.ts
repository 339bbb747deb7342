import type { Term } from "../term.ts";

export const empiricalFisher: Term = {
  name: "empirical-fisher",
  title: "Empirical Fisher",
  formula: String.raw`\tilde F = \frac1n \sum_i g_i g_i^\top`,
  text: "The uncentred second moment of the gradients of single examples at their given labels. It is often used in place of the Fisher matrix, but it is another matrix: near a good fit its gradients vanish while the Fisher matrix does not.",
  measured: "Exact products through the per-example losses, without storing a single per-example gradient.",
  source: "Kunstner, Hennig & Balles 2019, Limitations of the empirical Fisher approximation",
  see: ["fisher", "noise-scale"],
};
