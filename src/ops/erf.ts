import type { Value } from "../graph/value.ts";
import { add, div, mul, sub } from "./arithmetic.ts";

/**
 * Chebyshev coefficients of log(erfc(z)·e^{z²}/t) in 2t − 1, where t = 2/(2 + z), on 0 < t ≤ 1,
 * computed with 40 digits; what is left out is below 1e-19.
 */
const COEFFICIENTS = [
  -1.3026537197817094, 0.6419697923564902, 0.019476473204185836, -0.009561514786808632, -0.0009465953444820369,
  0.00036683949785276145, 4.252332480690777e-5, -2.0278578112534242e-5, -1.6242900046470256e-6, 1.3036558355805232e-6,
  1.5626441722066142e-8, -8.523809591492654e-8, 6.5290544390988515e-9, 5.059343495551469e-9, -9.91364156493033e-10,
  -2.273651222931836e-10, 9.646791102015527e-11, 2.3940380830391146e-12, -6.886027526497553e-12, 8.944879273090725e-13,
  3.130921399342958e-13, -1.1270822361367252e-13, 3.810905255189232e-16, 7.106097613609237e-15, -1.5230282014571043e-15,
  -9.457494571291233e-17, 1.210237189224279e-16, -2.816663087747177e-17,
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
