import { pushforward } from "../../autodiff/pushforward.ts";
import type { Derivative } from "./derivative.ts";

/** gᵢᵀv: the change of the loss of each example, undivided, per unit step along v. */
export const exampleDerivative: Derivative = {
  name: "example-derivative",
  remark: "The derivative of an example is the sum over its terms; it is divided by nothing.",
  ofExamples: true,
  summary: "change of the loss of every example along the vector, summed over its terms",
  symbol: "gv",
  takesVector: true,
  gives: "examples",
  build: (loss, vectors) => pushforward([loss.perExample], loss.parameters, vectors),
};
