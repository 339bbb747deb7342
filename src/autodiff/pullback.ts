import { inspected } from "../graph/inspected.ts";
import { requireType } from "../graph/require-type.ts";
import { dependents, reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { add } from "../ops/arithmetic.ts";
import { zerosLike } from "../ops/elementwise.ts";
import { underivable } from "./underivable.ts";

/**
 * Reverse mode: given values yᵢ and cotangents ȳᵢ of the same shapes, the sums Σᵢ (∂yᵢ/∂xⱼ)ᵀ ȳᵢ for
 * each xⱼ of `wrt`, which may be any values of the graph. Zeros where y does not depend on x.
 *
 * Cost: a small multiple of the cost of y, once for all xⱼ (Linnainmaa 1970).
 */
export function pullback(outputs: readonly Value[], cotangents: readonly Value[], wrt: readonly Value[]): Value[] {
  const order = reachable(outputs);
  const active = dependents(order, wrt);
  const sums = new Map<Value, Value>();
  const accumulate = (value: Value, part: Value) => {
    const sum = sums.get(value);
    sums.set(value, sum ? add(sum, part) : part);
  };
  outputs.forEach((output, i) => {
    if (active.has(output)) accumulate(output, requireType("A cotangent", cotangents[i], output));
  });
  const stops = new Set(wrt);
  for (const value of order.reverse()) {
    const cotangent = sums.get(value);
    if (!cotangent || stops.has(value)) continue;
    if (!value.inputs.some((input) => active.has(input))) continue;
    if (!value.operation.vjp) throw underivable(value);
    for (const [i, input] of value.inputs.entries()) {
      if (!active.has(input)) continue;
      const part = value.operation.vjp(value, cotangent, i);
      if (part) accumulate(input, requireType(`The pullback of ${value.operation.name}`, part, input));
    }
  }
  return inspected(
    "pullback",
    wrt.map((value) => sums.get(value) ?? zerosLike(value)),
  );
}
