import type { Term } from "../term.ts";

export const adaptiveSharpness: Term = {
  name: "adaptive-sharpness",
  title: "Adaptive sharpness",
  formula: String.raw`\max_{\lVert \epsilon \oslash \lvert\theta\rvert \rVert_2 \le \rho} L(\theta + \epsilon) - L(\theta)`,
  text: "Sharpness with every weight perturbed in proportion to its own size. Unlike plain sharpness it does not change when neurons are rescaled without changing the function.",
  measured:
    "Ascent in the scaled ball, in which a weight of zero does not move: a lower bound of the maximum; the run also rescales the network and shows which measures stay the same.",
  source: "Kwon, Kim, Park & Choi 2021, ASAM",
  see: ["rescaling", "sam-sharpness"],
};
