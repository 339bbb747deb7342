import type { Term } from "../term.ts";

export const hessian: Term = {
  name: "hessian",
  title: "Hessian",
  formula: String.raw`H = \nabla^2 L(\theta),\qquad L(\theta + d) \approx L(\theta) + g^\top d + \tfrac12 d^\top H d`,
  text: "The matrix of all second derivatives of the loss at the weights. It says how the gradient turns: along an eigenvector with a large eigenvalue the loss bends sharply, along one near 0 it is flat, along one with a negative eigenvalue it bends down. With n parameters it has n² entries, so it is never written down; everything is learnt from its products with vectors, each of which costs about two gradients.",
  measured:
    "Exact products by forward-over-reverse differentiation of the graph, summed over every example; `thalweg apply hessian` gives one.",
  source: "Pearlmutter 1994, Fast exact multiplication by the Hessian",
  see: ["gauss-newton", "lanczos", "spectral-density", "trace"],
};
