import { gradient } from "../../autodiff/products.ts";
import type { Derivative } from "./derivative.ts";

/** ∇L. */
export const gradientDerivative: Derivative = {
  name: "gradient",
  summary: "gradient of the loss",
  symbol: "grad",
  takesVector: false,
  gives: "parameters",
  build: (loss) => gradient(loss.share, loss.parameters),
  loss: true,
  regularised: "point",
};
