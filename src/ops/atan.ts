import type { Value } from "../graph/value.ts";
import { add, div, mul, neg, sub } from "./arithmetic.ts";
import { greater, less, where } from "./logic.ts";

/** tan(π/8) and tan(3π/8): up to the first the series is summed at x itself. */
const NEAR = Math.SQRT2 - 1;
const FAR = Math.SQRT2 + 1;

/**
 * Chebyshev coefficients in T₁, T₃, T₅, … of s ↦ atan(s·tan 2φ) = 2 Σ (−1)ᵏ tan²ᵏ⁺¹φ/(2k + 1)·T₂ₖ₊₁(s)
 * for φ = π/16; what is left out is below 1e-18.
 */
const COEFFICIENTS = Array.from({ length: 12 }, (_, k) => {
  const power = Math.tan(Math.PI / 16) ** (2 * k + 1);
  return (2 * (k % 2 === 0 ? power : -power)) / (2 * k + 1);
});

/**
 * atan x out of arithmetic, to 3e-16 absolute: for runtimes whose inverse tangent exists in float32
 * only. |x| is brought to [−tan π/8, tan π/8] by atan t = π/4 + atan((t − 1)/(t + 1)) and
 * atan t = π/2 − atan(1/t).
 */
export function atanSeries(x: Value): Value {
  const negative = less(x, 0);
  const t = where(negative, neg(x), x);
  const far = greater(t, FAR);
  const middle = greater(t, NEAR);
  const top = where(far, -1, where(middle, sub(t, 1), t));
  const bottom = where(far, t, where(middle, add(t, 1), t.graph.scalar(1, t.dtype)));
  const turn = where(far, Math.PI / 2, where(middle, Math.PI / 4, t.graph.scalar(0, t.dtype)));
  const s = mul(div(top, bottom), 1 / NEAR);
  const twice = sub(mul(mul(s, s), 4), 2);
  let older: Value = x.graph.scalar(0, x.dtype);
  let newer: Value = older;
  for (const coefficient of [...COEFFICIENTS].reverse()) {
    const sum = add(sub(mul(twice, newer), older), coefficient);
    older = newer;
    newer = sum;
  }
  const angle = add(turn, mul(s, sub(newer, older)));
  return where(negative, neg(angle), angle);
}
