import type { TensorData } from "../util/tensor.ts";

/*
 * Loops over all parameters run once per batch and product, so each sees one array type only: V8
 * then compiles them to plain loops of about a nanosecond an element.
 */

/** sum[at + i] += part[from + i] for `length` elements, in float64. */
export function addPart(sum: Float64Array, at: number, part: TensorData, from: number, length: number): void {
  if (part instanceof Float32Array) addSingle(sum, at, part, from, length);
  else if (part instanceof Float64Array) addDouble(sum, at, part, from, length);
  else throw new RangeError("only floating-point parts can be added up");
}

function addSingle(sum: Float64Array, at: number, part: Float32Array, from: number, length: number): void {
  for (let i = 0; i < length; i++) sum[at + i] += part[from + i];
}

function addDouble(sum: Float64Array, at: number, part: Float64Array, from: number, length: number): void {
  for (let i = 0; i < length; i++) sum[at + i] += part[from + i];
}

/** sum ← scale·sum + shift·vector; returns whether every element is finite. */
export function finishSum(sum: Float64Array, scale: number, shift: number, vector: Float64Array): boolean {
  // x − x is NaN exactly where x is not finite, and NaN stays.
  let trace = 0;
  if (shift === 0) {
    for (let i = 0; i < sum.length; i++) {
      const x = sum[i] * scale;
      sum[i] = x;
      trace += x - x;
    }
  } else {
    for (let i = 0; i < sum.length; i++) {
      const x = sum[i] * scale + shift * vector[i];
      sum[i] = x;
      trace += x - x;
    }
  }
  return trace === 0;
}
