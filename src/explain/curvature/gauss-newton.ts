import type { Term } from "../term.ts";

export const gaussNewton: Term = {
  name: "gauss-newton",
  title: "Generalised Gauss–Newton matrix",
  formula: String.raw`G = \frac1n \sum_i J_i^\top\, \frac{\partial^2 \ell_i}{\partial z^2}\, J_i`,
  text: "The Hessian without the curvature of the network itself: J is the Jacobian of the outputs, and only the loss is differentiated twice. For losses that are convex in the outputs it is positive semidefinite, and then any negative curvature of H comes from what remains, H − G. That rest is weighted by ∂ℓ/∂z and vanishes where this does on every example.",
  measured: "Exact products JᵀMJv through one forward and one reverse sweep of the graph.",
  source: "Schraudolph 2002, Fast curvature matrix–vector products",
  see: ["hessian", "fisher", "negative-curvature"],
};
