import type { Term } from "../term.ts";

export const gradient: Term = {
  name: "gradient",
  title: "Gradient",
  formula: String.raw`g = \nabla L(\theta)`,
  text: "The direction of steepest ascent of the loss at the weights, with its slope as length. At a minimum of the loss on the data that it is measured on it is 0, up to rounding. What it says of the population that the data were drawn from has to be judged against its own sampling noise.",
  measured:
    "Reverse-mode differentiation of the graph, summed in float64 over every example once; checked on every run against a finite difference along a random direction.",
  source: "Linnainmaa 1970; Rumelhart, Hinton & Williams 1986",
  see: ["noise-scale", "hessian"],
};
