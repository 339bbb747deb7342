import { axpy, dot } from "./vector.ts";

/** Vectors of one length, in whatever memory suits their kernels; every sum is in float64. */
export interface VectorSet {
  readonly length: number;
  /** result[j] += vⱼ[start, end) · w, with w the chunk [start, end) of a vector. */
  addDots(w: Float64Array, start: number, end: number, result: Float64Array): void;
  /** w += Σ coefficient[j] vⱼ[start, end). */
  addCombination(coefficients: Float64Array, w: Float64Array, start: number, end: number): void;
}

export type Basis = readonly Float64Array[] | VectorSet;

/** Elements handled at a time: a hundred vectors of this length stay in a second-level cache between two uses. */
export const CHUNK = 2048;

/** Four vectors, two elements at a time. */
class ArraySet implements VectorSet {
  private readonly vectors: readonly Float64Array[];

  constructor(vectors: readonly Float64Array[]) {
    this.vectors = vectors;
  }

  get length(): number {
    return this.vectors.length;
  }

  addDots(w: Float64Array, start: number, end: number, result: Float64Array): void {
    const { vectors } = this;
    const count = vectors.length;
    const n = end - start;
    const even = n - (n & 1);
    let j = 0;
    for (; j + 4 <= count; j += 4) {
      const q0 = vectors[j].subarray(start, end);
      const q1 = vectors[j + 1].subarray(start, end);
      const q2 = vectors[j + 2].subarray(start, end);
      const q3 = vectors[j + 3].subarray(start, end);
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
    for (; j < count; j++) result[j] += dot(vectors[j].subarray(start, end), w);
  }

  addCombination(coefficients: Float64Array, w: Float64Array, start: number, end: number): void {
    const { vectors } = this;
    const count = vectors.length;
    const n = end - start;
    let j = 0;
    for (; j + 4 <= count; j += 4) {
      const q0 = vectors[j].subarray(start, end);
      const q1 = vectors[j + 1].subarray(start, end);
      const q2 = vectors[j + 2].subarray(start, end);
      const q3 = vectors[j + 3].subarray(start, end);
      const c0 = coefficients[j];
      const c1 = coefficients[j + 1];
      const c2 = coefficients[j + 2];
      const c3 = coefficients[j + 3];
      if (c0 === 0 && c1 === 0 && c2 === 0 && c3 === 0) continue;
      for (let i = 0; i < n; i++) w[i] += c0 * q0[i] + c1 * q1[i] + (c2 * q2[i] + c3 * q3[i]);
    }
    for (; j < count; j++) {
      if (coefficients[j] !== 0) axpy(coefficients[j], vectors[j].subarray(start, end), w);
    }
  }
}

/** Several sets, one after the other. */
class JointSet implements VectorSet {
  private readonly sets: readonly VectorSet[];

  constructor(sets: readonly VectorSet[]) {
    this.sets = sets;
  }

  get length(): number {
    return this.sets.reduce((sum, set) => sum + set.length, 0);
  }

  addDots(w: Float64Array, start: number, end: number, result: Float64Array): void {
    let from = 0;
    for (const set of this.sets) {
      set.addDots(w, start, end, result.subarray(from, from + set.length));
      from += set.length;
    }
  }

  addCombination(coefficients: Float64Array, w: Float64Array, start: number, end: number): void {
    let from = 0;
    for (const set of this.sets) {
      set.addCombination(coefficients.subarray(from, from + set.length), w, start, end);
      from += set.length;
    }
  }
}

function setOf(basis: Basis): VectorSet {
  return "addDots" in basis ? basis : new ArraySet(basis);
}

/** The vectors of several bases as one set; they are not copied. */
export function joint(bases: readonly Basis[]): VectorSet {
  return new JointSet(bases.filter((basis) => basis.length > 0).map(setOf));
}

/** Calls `visit` with each chunk of w and where it starts and ends. */
function eachChunk(w: Float64Array, visit: (chunk: Float64Array, start: number, end: number) => void): void {
  for (let start = 0; start < w.length; start += CHUNK) {
    const end = Math.min(start + CHUNK, w.length);
    visit(w.subarray(start, end), start, end);
  }
}

/** Qᵀw: the inner product of every basis vector with w. Cost 2kn flops, one pass over the basis. */
export function dots(basis: Basis, w: Float64Array): Float64Array {
  const set = setOf(basis);
  const result = new Float64Array(set.length);
  eachChunk(w, (chunk, start, end) => set.addDots(chunk, start, end, result));
  return result;
}

/** w ← w + Q c. Vectors with coefficient 0 cost nothing where four neighbours share it. */
export function accumulate(basis: Basis, coefficients: Float64Array, w: Float64Array): void {
  const set = setOf(basis);
  eachChunk(w, (chunk, start, end) => set.addCombination(coefficients, chunk, start, end));
}

/**
 * The combinations Q cᵢ for several coefficient vectors at once, as new vectors.
 * Each chunk of the basis is read from memory once, whatever the number of combinations.
 */
export function combine(basis: Basis, combinations: readonly Float64Array[], length: number): Float64Array[] {
  const set = setOf(basis);
  const outputs = combinations.map(() => new Float64Array(length));
  for (let start = 0; start < length; start += CHUNK) {
    const end = Math.min(start + CHUNK, length);
    outputs.forEach((output, i) => set.addCombination(combinations[i], output.subarray(start, end), start, end));
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
 * van den Eshof 2005). The result is orthogonal to Q to the rounding of Q, relative to ‖w‖ after.
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
  const set = setOf(basis);
  const count = set.length;
  const total = new Float64Array(count);
  let next = new Float64Array(count);
  let square = 0;
  eachChunk(w, (chunk, start, end) => {
    set.addDots(chunk, start, end, next);
    square += dot(chunk, chunk);
  });
  const before = Math.sqrt(square);
  let length = before;
  const passes = count === 0 ? 0 : 5;
  for (let pass = 0; pass < passes; pass++) {
    const current = next;
    const removal = current.map((c) => -c);
    for (let j = 0; j < count; j++) total[j] += current[j];
    // ‖(I − QQᵀ)w‖² = ‖w‖² − ‖Qᵀw‖² tells beforehand whether this pass will be the last one.
    const removed = dot(current, current);
    const last = removed < 0.25 * square;
    next = new Float64Array(count);
    square = 0;
    eachChunk(w, (chunk, start, end) => {
      set.addCombination(removal, chunk, start, end);
      if (!last) set.addDots(chunk, start, end, next);
      square += dot(chunk, chunk);
    });
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
