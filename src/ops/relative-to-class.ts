import type { Value } from "../graph/value.ts";
import { sub } from "./arithmetic.ts";
import { equal, where } from "./logic.ts";
import { reduceSum } from "./structure.ts";

/** Where along an axis each class number points to, as truth values: one of `classes`, or none for a number outside them. */
export function markClasses(numbers: Value, classes: number, axis: number): Value {
  const each = numbers.graph.constant({
    dtype: "int64",
    shape: numbers.shape.map((_, own) => (own === axis ? classes : 1)),
    data: Float64Array.from({ length: classes }, (_, i) => i),
  });
  return equal(numbers, each);
}

/**
 * z_c − z_r along an axis, r the class that `chosen` marks in each row (at most one; a row without one is left as it
 * is): what a softmax depends on. Nothing passes through the zero at r, so that sums over the others, such as 1 − p_r,
 * are never differences.
 *
 * @param own what stands at r itself
 */
export function relativeToClass(z: Value, chosen: Value, axis: number, own = 0): Value {
  return where(chosen, own, sub(z, reduceSum(where(chosen, z, 0), [axis])));
}
