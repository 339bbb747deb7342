import type { Term } from "../term.ts";

export const sharpness: Term = {
  name: "sharpness",
  title: "Sharpness",
  formula: String.raw`\lambda_{\max}(H)`,
  text: "The largest eigenvalue of the Hessian: the curvature in the steepest direction. On the quadratic with this Hessian, gradient descent with a step larger than 2 over it diverges along that direction; on the network's own loss it may settle where the curvature is lower. Taken as a measure of flatness it depends on how the weights are scaled.",
  measured: "Lanczos with restarts until the residual is below the tolerance.",
  source: "Hochreiter & Schmidhuber 1997; Cohen et al. 2021",
  see: ["stability-limit", "edge-of-stability", "rescaling", "sam-sharpness"],
};
