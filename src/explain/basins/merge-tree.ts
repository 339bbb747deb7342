import type { Term } from "../term.ts";

export const mergeTree: Term = {
  name: "merge-tree",
  title: "Merge tree",
  formula: String.raw`\min_{\gamma : a \to b}\; \max_t L(\gamma(t))`,
  text: "How the basins merge as the level rises: a leaf for each minimum, a joint at the level of each pass. The lowest level at which two minima lie in one pool is the least height that a path between them must climb to; it is read off where their branches meet.",
  measured: "By union-find over the samples in the order of their loss; equal losses in the order of the samples.",
  source: "Carr, Snoeyink & Axen 2003, Computing contour trees in all dimensions",
  see: ["basin", "persistence"],
};
