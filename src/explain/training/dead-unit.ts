import type { Term } from "../term.ts";

export const deadUnit: Term = {
  name: "dead-unit",
  title: "Dead unit",
  formula: String.raw`a_j(x_i) = 0 \quad\text{for every example } i`,
  text: "A ReLU unit that is never active on the data: its output is 0, and no gradient of the data reaches the weights that enter it. It may come back when earlier layers move its inputs, or when weight decay shrinks its bias. A saturated tanh or sigmoid unit is related but not the same: hardly any gradient passes through it, while the weights that leave it still train, since its output is not 0.",
  measured:
    "Every activation is watched over all examples; each layer reports how many units are always off, always on or constant.",
  source: "Maas, Hannun & Ng 2013; Lu et al. 2020, Dying ReLU",
  see: ["flat-direction"],
};
