import type { Term } from "../term.ts";

export const keskarSharpness: Term = {
  name: "keskar-sharpness",
  title: "Keskar sharpness",
  formula: String.raw`\frac{\max_{\lvert\epsilon_i\rvert \le \alpha(\lvert\theta_i\rvert + 1)} L(\theta + \epsilon) - L(\theta)}{1 + L(\theta)} \times 100`,
  text: "The relative rise of the loss in a box whose sides grow with the weights. Keskar et al. used it to argue that large batches find sharp minima.",
  measured: "Ascent in the box: a lower bound of the maximum.",
  source: "Keskar et al. 2017, On large-batch training",
  see: ["sharpness", "sam-sharpness"],
};
