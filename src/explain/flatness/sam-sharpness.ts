import type { Term } from "../term.ts";

export const samSharpness: Term = {
  name: "sam-sharpness",
  title: "SAM sharpness",
  formula: String.raw`\max_{\lVert\epsilon\rVert_2 \le \rho} L(\theta + \epsilon) - L(\theta)`,
  text: "How far the loss can rise within a small ball around the weights. To second order it is at most ρ‖g‖ + ρ²λmax/2 where λmax is not negative, which is reached when g lies along the sharpest direction. It is what sharpness-aware minimisation reduces.",
  measured:
    "Conditional gradient ascent (Frank and Wolfe, with whole steps) in the ball, from the gradient and both sides of the sharpest direction: a lower bound of the maximum, marked as such, beside the second-order prediction.",
  source: "Foret, Kleiner, Mobahi & Neyshabur 2021",
  see: ["sharpness", "adaptive-sharpness", "keskar-sharpness"],
};
