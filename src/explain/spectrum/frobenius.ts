import type { Term } from "../term.ts";

export const frobenius: Term = {
  name: "frobenius",
  title: "Frobenius norm",
  formula: String.raw`\lVert H \rVert_F^2 = \sum_i \lambda_i^2 = \mathbb{E}\,\lVert H v \rVert^2`,
  text: "The length of the matrix seen as one long vector of entries. Compared with the largest eigenvalue it tells how many directions share the curvature.",
  measured:
    "The mean of ‖Hv‖² over random vectors v, with its standard error and interval; exact when every eigenvalue was computed.",
  source: "Hutchinson 1990, applied to H²",
  see: ["effective-rank", "trace"],
};
