import { scaleOperator, sumOperator } from "../operators/combinators.ts";
import type { Desk } from "./desk.ts";
import { gaussNewtonOperator } from "./gauss-newton-operator.ts";
import { hessianOperator } from "./hessian-operator.ts";
import { defineOperator } from "./operator.ts";

const difference = (desk: Desk) =>
  sumOperator([desk.operator(hessianOperator), scaleOperator(desk.operator(gaussNewtonOperator), -1)]);

/**
 * H − G: the curvature that comes from the network, weighted by the residuals. What rounds in H and G may cancel, or not:
 * measured by itself it is not bounded twice.
 */
export const residualOperator = defineOperator({
  name: "H − G",
  rounding: "rounding of H − G",
  narrow: difference,
  yardstick: (desk) => ({ wide: difference(desk).wider?.apply }),
});
