import { requireBlock } from "../operators/checked-products.ts";
import type { RectangularOperator } from "../operators/rectangular-operator.ts";
import type { Point } from "../problem/point.ts";
import type { Problem } from "../problem/problem.ts";
import type { RunContext } from "../util/run-context.ts";
import { pointOf } from "./point-of.ts";
import { checkedContext } from "./run-options.ts";

/**
 * The Jacobian J = ∂z/∂θ of all outputs in the parameters: rows are the outputs of the examples, one example after the other
 * (as `loss` takes them: logits, where a softmax was taken off), columns the parameters in the order of `problem.space`.
 * `apply` gives J v, the change of every output along v (forward mode: Wengert 1964); `applyTransposed` gives Jᵀ u.
 *
 * Cost: J v about two forward passes, Jᵀ u about one gradient.
 *
 * @throws usage error `bad-argument`; input error `no-outputs` (on a product) when the model computes its loss itself
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 20, precision: "float64" });
 * const J = jacobian(problem);
 * [J.rows, J.columns]; // → [200, 2410]
 * const [Jv] = await J.apply([problem.point.parameters]);
 * const [JtJv] = await J.applyTransposed([Jv]);
 * JtJv.length; // → 2410
 */
export function jacobian(place: Problem | Point, context?: RunContext): RectangularOperator {
  const point = pointOf("jacobian", place);
  const checked = checkedContext("jacobian", context);
  const name = "Jacobian";
  const [rows, columns] = [point.examples * point.outputsPerExample, point.dimension];
  return {
    name,
    rows,
    columns,
    precision: point.precision,
    apply: async (block) => {
      requireBlock({ name, dimension: columns }, block);
      return oneByOne(block, (vector) => point.jacobianVector(vector, checked));
    },
    applyTransposed: async (block) => {
      requireBlock({ name: `transposed ${name}`, dimension: rows }, block);
      return oneByOne(block, (cotangents) => point.jacobianTransposed(cotangents, checked));
    },
  };
}

async function oneByOne(
  block: readonly Float64Array[],
  multiply: (vector: Float64Array) => Promise<Float64Array>,
): Promise<Float64Array[]> {
  const products: Float64Array[] = [];
  for (const vector of block) products.push(await multiply(vector));
  return products;
}
