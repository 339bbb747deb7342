import type { Term } from "../term.ts";

export const conditionNumber: Term = {
  name: "condition-number",
  title: "Condition number",
  formula: String.raw`\kappa = \frac{\lambda_{\max}}{\lambda_{\min}^{+}}`,
  text: "The ratio of the largest to the smallest positive curvature: on a quadratic, the steps that gradient descent needs grow like κ, those of the best momentum like √κ. The Hessian of a network is singular, so κ is only defined on the part above a threshold, which has to be named.",
  measured:
    "λmax over the smallest eigenvalue above the rounding of the products: a lower bound where others lie within the rounding, for they may be positive too; n/a where the spectrum was not computed so far down.",
  source: "Nesterov 1983; LeCun, Kanter & Solla 1991",
  see: ["stability-limit", "flat-direction"],
};
