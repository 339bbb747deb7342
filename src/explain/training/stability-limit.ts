import type { Term } from "../term.ts";

export const stabilityLimit: Term = {
  name: "stability-limit",
  title: "Stability limit",
  formula: String.raw`\eta < \frac{2}{\lambda_{\max}},\qquad \eta < \frac{2(1+\beta)}{\lambda_{\max}} \text{ with heavy-ball momentum } \beta`,
  text: "The largest step with which gradient descent on the local quadratic does not blow up. Beyond it the component along the sharpest direction grows at every step until the loss leaves the quadratic region.",
  measured: "From the measured λmax with its residual; one line for each update rule.",
  source: "Polyak 1964; Cohen et al. 2021",
  see: ["edge-of-stability", "sharpness"],
};
