import type { TensorData } from "../util/tensor.ts";

/*
 * Loops over all parameters run once per batch and product, so each sees one array type only: V8
 * then compiles them to plain loops.
 */

/** sum[at + i] += part[from + i] for `length` elements, in float64; written, not added, where the sum is still zero. */
export function addPart(
  sum: Float64Array,
  at: number,
  part: TensorData,
  from: number,
  length: number,
  isFirst: boolean,
): void {
  if (isFirst) sum.set(part.subarray(from, from + length), at);
  else if (part instanceof Float32Array) addSingle(sum, at, part, from, length);
  else if (part instanceof Float64Array) addDouble(sum, at, part, from, length);
  else throw new RangeError("only floating-point parts can be added up");
}

function addSingle(sum: Float64Array, at: number, part: Float32Array, from: number, length: number): void {
  for (let i = 0; i < length; i++) sum[at + i] += part[from + i];
}

function addDouble(sum: Float64Array, at: number, part: Float64Array, from: number, length: number): void {
  for (let i = 0; i < length; i++) sum[at + i] += part[from + i];
}

/** sum ← sum + shift·vector. */
export function addMultiple(sum: Float64Array, shift: number, vector: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] += shift * vector[i];
}

/**
 * Whether every element is finite: x − x is 0 where it is and NaN where it is not, and NaN stays. Four
 * sums, because one would wait for itself.
 */
export function allFinite(x: Float64Array): boolean {
  const end = x.length - (x.length % 4);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0; i < end; i += 4) {
    a += x[i] - x[i];
    b += x[i + 1] - x[i + 1];
    c += x[i + 2] - x[i + 2];
    d += x[i + 3] - x[i + 3];
  }
  for (let i = end; i < x.length; i++) a += x[i] - x[i];
  return a + b + c + d === 0;
}
