import type { Value } from "../graph/value.ts";
import { add, mul, neg, sub } from "./arithmetic.ts";
import { equal, greaterOrEqual, or, where } from "./logic.ts";

/** π/2 as a sum of float32 numbers, the first two with so few bits that small multiples of them are exact. */
const HALF_PI = [1.5703125, 0.0004838705062866211, -4.371138828673793e-8];

/** Taylor's coefficients of x, x³, … and 1, x², …: what is left out is below 3e-9 for |x| ≤ π/4. */
const ODD = [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362_880];
const EVEN = [1, -1 / 2, 1 / 24, -1 / 720, 1 / 40_320];

/**
 * sin(x + quarters·π/2) out of arithmetic, to float32's rounding for |x| up to some thousands: WebGPU
 * promises its sine to 2⁻¹¹ only. x = n·π/2 + r with |r| ≤ π/4; n says which of ±sin r, ±cos r it is.
 */
export function sineSeries(x: Value, quarters: 0 | 1, floor: (x: Value) => Value): Value {
  const n = floor(add(mul(x, 2 / Math.PI), 0.5));
  const r = HALF_PI.reduce((rest, part) => sub(rest, mul(n, part)), x);
  const square = mul(r, r);
  const horner = (coefficients: readonly number[]) =>
    coefficients
      .slice(0, -1)
      .reduceRight(
        (sum, coefficient) => add(mul(sum, square), coefficient),
        x.graph.scalar(coefficients.at(-1) ?? 0, x.dtype),
      );
  const turned = quarters === 0 ? n : add(n, quarters);
  const quadrant = sub(turned, mul(floor(mul(turned, 0.25)), 4));
  const one = x.graph.scalar(1, x.dtype);
  const odd = or(equal(quadrant, one), equal(quadrant, x.graph.scalar(3, x.dtype)));
  const size = where(odd, horner(EVEN), mul(horner(ODD), r));
  return where(greaterOrEqual(quadrant, x.graph.scalar(2, x.dtype)), neg(size), size);
}
