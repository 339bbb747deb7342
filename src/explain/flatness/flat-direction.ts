import type { Term } from "../term.ts";

export const flatDirection: Term = {
  name: "flat-direction",
  title: "Flat direction",
  formula: String.raw`H t = 0`,
  text: "A direction along which the loss does not bend at all. Some are forced by symmetries of the architecture, such as rescalings and shifts of all logits: the loss is constant along their orbits, whose tangents t have Ht = 0 at a critical point. Others come from dead units. Neither is a property of the minimum that was found.",
  measured: "Symmetries are read off the graph, verified on the loss, and their directions tested with the Hessian.",
  source: "Kunin et al. 2021, Neural mechanics",
  see: ["rescaling", "dead-unit"],
};
