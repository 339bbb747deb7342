import type { Term } from "./term.ts";

export const negativeCurvature: Term = {
  name: "negative-curvature",
  title: "Negative curvature",
  formula: String.raw`v^\top H v < 0`,
  text: "A direction along which the loss bends downwards. During training there is nearly always some; what matters is how deep it is compared with λmax and how large its share of directions.",
  measured:
    "The smallest eigenvalues with residuals, the share of negative eigenvalues with its interval, and the part H − G that they come from.",
  source: "Sagun et al. 2017; Ghorbani et al. 2019",
  see: ["saddle", "gauss-newton"],
};
