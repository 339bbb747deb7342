import { outputHessianVector } from "../../autodiff/products.ts";
import { pullback } from "../../autodiff/pullback.ts";
import type { Value } from "../../graph/value.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { innerProduct } from "../../ops/inner-product.ts";
import { cast } from "../../ops/logic.ts";
import { sumAll } from "../../ops/structure.ts";
import { sqrt } from "../../ops/unary.ts";
import type { LossGraph } from "../loss-graph.ts";

/**
 * ⟨Jᵀe, JᵀHe⟩ for a direction e in the outputs and H the Hessian of the loss in them, and ‖Jᵀe‖ ‖JᵀHe‖; summed over
 * all unit vectors e the first is tr JᵀHJ. He is taken in float64: it is what cancellation of p in 1 − p leaves.
 */
export function outputCurvatureForm(
  { outputs, labels, loss, options, parameters }: LossGraph,
  direction: Value,
): { form: Value; size: Value } {
  const z = cast(outputs, "float64");
  const total = sumAll(loss.perTerm(z, labels, options));
  const curved = cast(outputHessianVector(total, z, cast(direction, "float64")), outputs.dtype);
  const plain = pullback([outputs], [direction], parameters);
  const bent = pullback([outputs], [curved], parameters);
  const inner = (x: readonly Value[], y: readonly Value[]) =>
    x.map((part, i) => innerProduct(part, y[i])).reduce((sum, part) => add(sum, part));
  return { form: inner(plain, bent), size: mul(sqrt(inner(plain, plain)), sqrt(inner(bent, bent))) };
}
