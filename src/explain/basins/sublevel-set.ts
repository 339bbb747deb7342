import type { Term } from "../term.ts";

export const sublevelSet: Term = {
  name: "sublevel-set",
  title: "Sublevel set",
  formula: String.raw`\{\theta : L(\theta) \le t\}`,
  text: "All weights whose loss is no higher than a level, as land below a water line. As the level rises, the set grows: new pools appear at minima, pools merge at passes, and hills ringed by lower ground become islands and drown. What appears and goes, and at which level, is the shape of the landscape without its distances.",
  measured:
    "Of a sampled loss: a sample enters with its loss, an edge or square of the grid with the highest of its corners (lower star).",
  source: "Edelsbrunner, Letscher & Zomorodian 2002, Topological persistence and simplification",
  see: ["persistence", "basin"],
};
