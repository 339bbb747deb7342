import type { Term } from "../term.ts";

export const sensitivity: Term = {
  name: "sensitivity",
  title: "Sensitivity to rounding and pruning",
  formula: String.raw`\Delta L \approx g^{\mathsf T} d + \tfrac12 d^{\mathsf T} H d`,
  text: "What a change d of the weights costs in loss: d is what rounding to few bits, or setting small weights to 0, does to a tensor. At a minimum the gradient term is nearly nothing and curvature decides, so that tensors of equal size and equal rounding may cost a thousand times more or less. What tensors cost together is not the sum of what they cost one by one: the mixed second derivatives count.",
  measured:
    "Predicted by a gradient and one product of the Hessian, with an error from the losses at half the change and at the opposite one; beside it the loss with the change made.",
  source: "LeCun, Denker & Solla 1990, Optimal brain damage; Dong et al. 2019, HAWQ",
  see: ["hessian", "trace"],
};
