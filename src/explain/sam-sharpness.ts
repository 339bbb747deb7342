import type { Term } from "./term.ts";

export const samSharpness: Term = {
  name: "sam-sharpness",
  title: "SAM sharpness",
  formula: String.raw`\max_{\lVert\epsilon\rVert_2 \le \rho} L(\theta + \epsilon) - L(\theta)`,
  text: "How far the loss can rise within a small ball around the weights. To second order it is ρ‖g‖ + ρ²λmax/2. It is what sharpness-aware minimisation reduces.",
  measured:
    "Projected gradient ascent in the ball from several starts: a lower bound of the maximum, marked as such, beside the second-order prediction.",
  source: "Foret, Kleiner, Mobahi & Neyshabur 2021",
  see: ["sharpness", "adaptive-sharpness", "keskar-sharpness"],
};
