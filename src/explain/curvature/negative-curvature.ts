import type { Term } from "../term.ts";

export const negativeCurvature: Term = {
  name: "negative-curvature",
  title: "Negative curvature",
  formula: String.raw`v^\top H v < 0`,
  text: "A direction along which the loss bends downwards. Networks in training usually have some; how deep it is beside λmax and what share of directions it takes are two different numbers, and neither follows from the other.",
  measured:
    "The smallest eigenvalues with residuals, the share of negative eigenvalues with its interval, and the extremes of H − G, which it comes from where the loss is convex in the outputs.",
  source: "Sagun et al. 2017; Ghorbani et al. 2019",
  see: ["saddle", "gauss-newton"],
};
