import type { Term } from "../term.ts";

export const rescaling: Term = {
  name: "rescaling",
  title: "Rescaling symmetry",
  formula: String.raw`f(\alpha W_1, \alpha^{-1} W_2) = f(W_1, W_2) \quad\text{for ReLU},\ \alpha > 0`,
  text: "A ReLU layer can be multiplied by any positive number if the next is divided by it: the network computes the same function, but its Hessian changes, and λmax can be made as large as one likes. A comparison of sharpness between two networks says little unless it survives this.",
  measured:
    "The symmetries are found in the graph and verified on the loss; flatness measures are repeated on the rescaled weights.",
  source: "Dinh, Pascanu, Bengio & Bengio 2017, Sharp minima can generalize",
  see: ["adaptive-sharpness", "sharpness", "flat-direction"],
};
