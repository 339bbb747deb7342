import type { Term } from "../term.ts";

export const persistence: Term = {
  name: "persistence",
  title: "Persistence",
  formula: String.raw`\text{death} - \text{birth}`,
  text: "Each pool of a sublevel set is born at the loss of its minimum and dies at the loss of the pass where it meets an older, deeper one; each hole is born when a ring closes around a hill and dies when the hill is covered. The bar from birth to death is long for what is deep or high and short for ripples. The pool of the lowest minimum never dies.",
  measured:
    "By union-find for pools and by reduction of the boundary matrix for holes, both exact for the samples. Bars no longer than what rounding of the loss could make are marked.",
  source: "Edelsbrunner, Letscher & Zomorodian 2002",
  see: ["sublevel-set", "merge-tree", "bottleneck-distance"],
};
