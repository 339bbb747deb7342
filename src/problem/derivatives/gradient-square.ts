import { gradient } from "../../autodiff/products.ts";
import type { Value } from "../../graph/value.ts";
import { add } from "../../ops/arithmetic.ts";
import { innerProduct } from "../../ops/inner-product.ts";
import type { LossGraph } from "../loss-graph.ts";

/** ‖∇L‖² of a batch, as a scalar. */
export function gradientSquare(loss: LossGraph): Value {
  return gradient(loss.total, loss.parameters)
    .map((part) => innerProduct(part, part))
    .reduce((sum, part) => add(sum, part));
}
