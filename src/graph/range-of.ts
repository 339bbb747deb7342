import { isFloat } from "../util/tensor.ts";
import { ANYWHERE, type Interval, spanOf, union } from "./interval.ts";
import { tensorOf } from "./leaf.ts";
import type { Value } from "./value.ts";

/** Constants larger than this are not looked through. */
const MOST_ELEMENTS = 2 ** 16;

const ZERO: Interval = { low: 0, high: 0 };

/**
 * Where the elements of a value lie, whatever is fed, by exact arithmetic: what its operation says of it
 * ({@link Operation.range}), and of what only moves elements, that of what it moves.
 *
 * @param inputs where the elements of its inputs lie
 */
export function rangeOf(value: Value, inputs: readonly Interval[]): Interval {
  const { operation } = value;
  const constant = tensorOf(value);
  if (constant) return constant.data.length <= MOST_ELEMENTS ? spanOf(constant.data) : ANYWHERE;
  if (value.dtype === "bool") return { low: 0, high: 1 };
  if (operation.range) return operation.range(value, inputs);
  if (!isFloat(value.dtype) || inputs.length === 0) return ANYWHERE;
  if (operation.view || operation.broadcasts || operation.selects) return inputs[0];
  return operation.rearranges ? union(inputs[0], ZERO) : ANYWHERE;
}
