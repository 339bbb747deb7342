import type { Term } from "./term.ts";

export const deadUnit: Term = {
  name: "dead-unit",
  title: "Dead unit",
  formula: String.raw`a_j(x_i) = 0 \quad\text{for every example } i`,
  text: "A ReLU unit that is never active on the data: its output is 0, no gradient reaches its weights, and it will not come back by itself. A saturated tanh or sigmoid unit is the same thing in another form.",
  measured:
    "Every activation is watched over all examples; each layer reports how many units are always off, always on or constant.",
  source: "Maas, Hannun & Ng 2013; Lu et al. 2020, Dying ReLU",
  see: ["flat-direction"],
};
