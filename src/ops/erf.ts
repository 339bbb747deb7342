import type { Value } from "../graph/value.ts";
import { add, div, mul, sub } from "./arithmetic.ts";

/**
 * Chebyshev coefficients of log(erfc(z)·e^{z²}/t) in 2t − 1, where t = 2/(2 + z), on 0 < t ≤ 1,
 * computed with 40 digits; what is left out is below 1e-19.
 */
const COEFFICIENTS = [
  -1.3026537197817094342, 0.6419697923564902603, 0.019476473204185836312, -0.0095615147868086316419,
  -0.0009465953444820368663, 0.00036683949785276145187, 0.000042523324806907771645, -0.000020278578112534243154,
  -1.6242900046470255135e-6, 1.3036558355805232018e-6, 1.5626441722066143178e-8, -8.5238095914926542525e-8,
  6.5290544390988514964e-9, 5.0593434955514689418e-9, -9.9136415649303308674e-10, -2.2736512229318358557e-10,
  9.646791102015526802e-11, 2.3940380830391147447e-12, -6.8860275264975533984e-12, 8.9448792730907257167e-13,
  3.1309213993429580783e-13, -1.1270822361367252366e-13, 3.8109052551892320558e-16, 7.1060976136092369877e-15,
  -1.5230282014571043042e-15, -9.4574945712912340063e-17, 1.2102371892242789929e-16, -2.8166630877471769775e-17,
];

/**
 * erfc(z) for z ≥ 0 out of arithmetic and exp, to 3e-16 absolute: for runtimes whose error function
 * exists in float32 only. Clenshaw's recurrence sums the Chebyshev series.
 */
export function erfc(z: Value, exp: (x: Value) => Value, reciprocal: (x: Value) => Value): Value {
  const t = mul(2, reciprocal(add(z, 2)));
  const twice = sub(mul(t, 4), 2);
  let older: Value | undefined;
  let newer: Value | undefined;
  for (const coefficient of COEFFICIENTS.slice(1).reverse()) {
    const scaled: Value | undefined = newer && mul(twice, newer);
    const sum: Value = scaled ? add(older ? sub(scaled, older) : scaled, coefficient) : fullConstant(z, coefficient);
    older = newer;
    newer = sum;
  }
  if (!newer || !older) throw new RangeError("a Chebyshev series needs two coefficients");
  const series = sub(add(div(mul(twice, newer), 2), COEFFICIENTS[0] / 2), older);
  return mul(t, exp(sub(series, mul(z, z))));
}

function fullConstant(like: Value, value: number): Value {
  return like.graph.scalar(value, like.dtype);
}
