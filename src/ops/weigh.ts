import type { Value } from "../graph/value.ts";
import { mul } from "./arithmetic.ts";
import { equal, where } from "./logic.ts";

/**
 * t·x, and 0 where the weight t is 0, whatever x is: a class without weight may have the log-probability −∞. The
 * element is chosen, not multiplied, in all derivatives too. t is a constant of the same shape as x.
 */
export function weigh(t: Value, x: Value): Value {
  const [chosen] = t.inputs;
  // Truth values as numbers: one choice does it.
  if (t.operation.name === "Cast" && chosen.dtype === "bool") return where(chosen, x, 0);
  return where(equal(t, 0), 0, mul(t, x));
}
