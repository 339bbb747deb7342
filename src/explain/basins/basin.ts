import type { Term } from "../term.ts";

export const basin: Term = {
  name: "basin",
  title: "Basin",
  formula: String.raw`s(\dots s(\theta)) = \theta_{\min},\quad s(\theta) = \operatorname*{arg\,min}_{\theta^\prime \sim \theta} L(\theta^\prime)`,
  text: "What drains into one minimum: all points from which steps to the lowest neighbour lead to it. Its depth is the climb from the minimum to the lowest pass into a deeper basin. On a sampled plane or line a basin need not be one of the loss itself: off the plane a way around may lie lower, and minima of a plane are seldom minima in all directions.",
  measured:
    "Of the samples. One counts where its bar is longer than rounding could make it, and on a grid only where it stays when samples that touch at a corner are neighbours, too.",
  source: "Edelsbrunner, Harer & Zomorodian 2003, Hierarchical Morse–Smale complexes",
  see: ["persistence", "merge-tree"],
};
