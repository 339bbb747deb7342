import { axpy, dot } from "./vector.ts";

/** A set of vectors of one length. Those held in float32 halve the memory; sums stay in float64. */
export type Basis = readonly (Float64Array | Float32Array)[];

/** Elements handled at a time: a hundred vectors of this length stay in a second-level cache between two uses. */
const CHUNK = 2048;

/** A float64 view of `vector[start, end)`, converted into `scratch` where it is held in float32. */
function chunkOf(vector: Float64Array | Float32Array, start: number, end: number, scratch: Float64Array): Float64Array {
  if (vector instanceof Float64Array) return vector.subarray(start, end);
  const converted = scratch.subarray(0, end - start);
  converted.set(vector.subarray(start, end));
  return converted;
}

/** Room to convert four chunks; none where nothing has to be converted. */
function scratches(basis: Basis): Float64Array[] {
  if (!basis.some((vector) => vector instanceof Float32Array)) return [];
  return Array.from({ length: 4 }, () => new Float64Array(CHUNK));
}

/** result[j] += basis[j][start, end) · w over one chunk: four vectors, two elements at a time. */
function addDots(basis: Basis, w: Float64Array, start: number, end: number, result: Float64Array, scratch: Float64Array[]): void {
  const count = basis.length;
  const n = end - start;
  const even = n - (n & 1);
  let j = 0;
  for (; j + 4 <= count; j += 4) {
    const q0 = chunkOf(basis[j], start, end, scratch[0]);
    const q1 = chunkOf(basis[j + 1], start, end, scratch[1]);
    const q2 = chunkOf(basis[j + 2], start, end, scratch[2]);
    const q3 = chunkOf(basis[j + 3], start, end, scratch[3]);
    let [s0, s1, s2, s3, t0, t1, t2, t3] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < even; i += 2) {
      const x = w[i];
      const y = w[i + 1];
      s0 += q0[i] * x;
      s1 += q1[i] * x;
      s2 += q2[i] * x;
      s3 += q3[i] * x;
      t0 += q0[i + 1] * y;
      t1 += q1[i + 1] * y;
      t2 += q2[i + 1] * y;
      t3 += q3[i + 1] * y;
    }
    if (even < n) {
      s0 += q0[even] * w[even];
      s1 += q1[even] * w[even];
      s2 += q2[even] * w[even];
      s3 += q3[even] * w[even];
    }
    result[j] += s0 + t0;
    result[j + 1] += s1 + t1;
    result[j + 2] += s2 + t2;
    result[j + 3] += s3 + t3;
  }
  for (; j < count; j++) result[j] += dot(chunkOf(basis[j], start, end, scratch[0]), w);
}

/** w += Σ coefficient[j] basis[j][start, end) over one chunk. */
function addCombination(basis: Basis, coefficients: Float64Array, w: Float64Array, start: number, end: number, scratch: Float64Array[]): void {
  const count = basis.length;
  const n = end - start;
  let j = 0;
  for (; j + 4 <= count; j += 4) {
    const q0 = chunkOf(basis[j], start, end, scratch[0]);
    const q1 = chunkOf(basis[j + 1], start, end, scratch[1]);
    const q2 = chunkOf(basis[j + 2], start, end, scratch[2]);
    const q3 = chunkOf(basis[j + 3], start, end, scratch[3]);
    const c0 = coefficients[j];
    const c1 = coefficients[j + 1];
    const c2 = coefficients[j + 2];
    const c3 = coefficients[j + 3];
    for (let i = 0; i < n; i++) w[i] += c0 * q0[i] + c1 * q1[i] + (c2 * q2[i] + c3 * q3[i]);
  }
  for (; j < count; j++) {
    if (coefficients[j] !== 0) axpy(coefficients[j], chunkOf(basis[j], start, end, scratch[0]), w);
  }
}

/** Qᵀw: the inner product of every basis vector with w. Cost 2kn flops, one pass over the basis. */
export function dots(basis: Basis, w: Float64Array): Float64Array {
  const result = new Float64Array(basis.length);
  const scratch = scratches(basis);
  for (let start = 0; start < w.length; start += CHUNK) {
    const end = Math.min(start + CHUNK, w.length);
    addDots(basis, w.subarray(start, end), start, end, result, scratch);
  }
  return result;
}

/**
 * The combinations Q cᵢ for several coefficient vectors at once, as new vectors.
 * Each chunk of the basis is read from memory once, whatever the number of combinations.
 */
export function combine(basis: Basis, combinations: readonly Float64Array[], length: number): Float64Array[] {
  const outputs = combinations.map(() => new Float64Array(length));
  const scratch = scratches(basis);
  for (let start = 0; start < length; start += CHUNK) {
    const end = Math.min(start + CHUNK, length);
    outputs.forEach((output, i) => addCombination(basis, combinations[i], output.subarray(start, end), start, end, scratch));
  }
  return outputs;
}

/** What `orthogonalize` took out of a vector, and what it left. */
export interface Orthogonalization {
  /** Qᵀw before the call: the coefficients of the part that was removed. */
  readonly coefficients: Float64Array;
  /** ‖w‖ before and after. */
  readonly before: number;
  readonly after: number;
}

/**
 * w ← (I − QQᵀ) w for orthonormal Q, by classical Gram–Schmidt, repeated while a pass shortens w by
 * more than 1/√2 ("twice is enough": Kahan, in Parlett 1980 §6.9; Giraud, Langou, Rozložník &
 * van den Eshof 2005). The result is orthogonal to Q to rounding, relative to ‖w‖ after.
 *
 * The removal of one pass and the inner products of the next share one reading of the basis, so two
 * passes read it three times. A w inside span(Q) to rounding comes back as exactly 0.
 *
 * Cost: 4kn flops a pass.
 *
 * @example
 * const w = Float64Array.of(3, 4);
 * orthogonalize([Float64Array.of(1, 0)], w); // w is now [0, 4]
 */
export function orthogonalize(basis: Basis, w: Float64Array): Orthogonalization {
  const scratch = scratches(basis);
  const total = new Float64Array(basis.length);
  let next = new Float64Array(basis.length);
  let square = 0;
  for (let start = 0; start < w.length; start += CHUNK) {
    const end = Math.min(start + CHUNK, w.length);
    const chunk = w.subarray(start, end);
    addDots(basis, chunk, start, end, next, scratch);
    for (let i = 0; i < chunk.length; i++) square += chunk[i] * chunk[i];
  }
  const before = Math.sqrt(square);
  let length = before;
  for (let pass = 0; pass < 5 && basis.length > 0; pass++) {
    const current = next;
    const removal = current.map((c) => -c);
    for (let j = 0; j < current.length; j++) total[j] += current[j];
    // ‖(I − QQᵀ)w‖² = ‖w‖² − ‖Qᵀw‖² tells beforehand whether this pass will be the last one.
    const removed = current.reduce((sum, c) => sum + c * c, 0);
    const last = removed < 0.25 * square;
    next = new Float64Array(basis.length);
    square = 0;
    for (let start = 0; start < w.length; start += CHUNK) {
      const end = Math.min(start + CHUNK, w.length);
      const chunk = w.subarray(start, end);
      addCombination(basis, removal, chunk, start, end, scratch);
      if (!last) addDots(basis, chunk, start, end, next, scratch);
      for (let i = 0; i < chunk.length; i++) square += chunk[i] * chunk[i];
    }
    length = Math.sqrt(square);
    if (last) break;
    if (length <= 4 * Number.EPSILON * before) {
      w.fill(0);
      length = 0;
      break;
    }
  }
  return { coefficients: total, before, after: length };
}
