import { inspected } from "../graph/inspected.ts";
import { requireType } from "../graph/require-type.ts";
import { dependents, reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { zerosLike } from "../ops/elementwise.ts";
import { underivable } from "./underivable.ts";

/**
 * Forward mode: given values xⱼ and tangents ẋⱼ of the same shapes, the sums Σⱼ (∂yᵢ/∂xⱼ) ẋⱼ for
 * each output yᵢ. The xⱼ may be any values of the graph; what lies before them counts as constant.
 *
 * Cost: about the cost of y again (Wengert 1964).
 */
export function pushforward(outputs: readonly Value[], wrt: readonly Value[], tangents: readonly Value[]): Value[] {
  const order = reachable(outputs);
  const active = dependents(order, wrt);
  const known = new Map<Value, Value>(wrt.map((value, j) => [value, requireType("A tangent", tangents[j], value)]));
  for (const value of order) {
    if (known.has(value) || !active.has(value)) continue;
    const inputs = value.inputs.map((input) => known.get(input));
    if (inputs.every((tangent) => tangent === undefined)) continue;
    if (!value.operation.jvp) throw underivable(value);
    const tangent = value.operation.jvp(value, inputs);
    if (tangent) known.set(value, requireType(`The pushforward of ${value.operation.name}`, tangent, value));
  }
  return inspected(
    "pushforward",
    outputs.map((output) => known.get(output) ?? zerosLike(output)),
  );
}
