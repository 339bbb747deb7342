import type { Term } from "../term.ts";

export const xtrace: Term = {
  name: "xtrace",
  title: "XTrace",
  formula: String.raw`\widehat{\operatorname{tr}} A = \frac1m \sum_{k=1}^m \Big[\operatorname{tr}(Q_{-k}^\top A Q_{-k}) + v_k^\top (I - Q_{-k}Q_{-k}^\top) A (I - Q_{-k}Q_{-k}^\top) v_k\Big]`,
  text: "An exchangeable form of Hutch++: each random vector in turn tests the range that the others span, so every product serves both purposes. It also estimates its own error.",
  measured: "Error bars from the spread of the leave-one-out values.",
  source: "Epperly, Tropp & Webber 2024, XTrace: making the most of every sample",
  see: ["trace", "hutch++"],
};
