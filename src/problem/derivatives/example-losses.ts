import type { Derivative } from "./derivative.ts";

/** ℓᵢ, undivided. */
export const exampleLosses: Derivative = {
  name: "example-losses",
  remark: "The loss of an example is the sum over its terms; it is divided by nothing.",
  ofExamples: true,
  summary: "loss of every example, summed over its terms",
  symbol: "losses",
  takesVector: false,
  gives: "examples",
  build: (loss) => [loss.perExample],
};
