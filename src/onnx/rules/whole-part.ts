import type { Value } from "../../graph/value.ts";
import { add, mul, sub } from "../../ops/arithmetic.ts";
import { and, cast, equal, greater, less, maximum, minimum, or } from "../../ops/logic.ts";

/** Beyond this neither places nor quantised numbers lie, and integers still hold what is computed of them. */
const FAR = 2 ** 40;

/** ⌊x⌋ as an integer, without the caveat that a network's own Floor has: for rules that say themselves what becomes of derivatives. */
export function wholePart(x: Value): Value {
  const near = minimum(maximum(x, -FAR), FAR);
  const towardsZero = cast(near, "int64");
  return sub(towardsZero, cast(less(near, cast(towardsZero, x.dtype)), "int64"));
}

/** The nearest whole number, halves to the even one, without the caveat of Round. */
export function nearestWhole(x: Value): Value {
  const floor = cast(wholePart(x), x.dtype);
  const fraction = sub(x, floor);
  return add(floor, cast(or(greater(fraction, 0.5), and(equal(fraction, 0.5), isOdd(floor))), x.dtype));
}

/** Whether a whole number is odd. */
export function isOdd(whole: Value): Value {
  return equal(sub(whole, mul(cast(wholePart(mul(whole, 0.5)), whole.dtype), 2)), 1);
}
