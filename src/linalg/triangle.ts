import { kernelMemory } from "./kernel-memory.ts";

/**
 * A symmetric matrix A, of which the lower triangle is kept, with room beside it for pairs of vectors u and w whose
 * updates A ← A − uwᵀ − wuᵀ are put off: several of them made at once read the matrix once.
 */
export interface Triangle {
  /** Row i, in place; beyond its diagonal it holds nothing of use. */
  row(i: number): Float64Array;
  /** u₀, w₀, u₁, w₁, …: zeros at first. What is beyond the leading rows in u has to be zero. */
  readonly pairs: readonly Float64Array[];
  /** Makes the updates of the first `count` pairs in row i alone. */
  updateRow(i: number, count: number): void;
  /** Makes them in the first m rows, m a multiple of {@link ROWS}. */
  update(m: number, count: number): void;
  /** w ← A u of the `width` pairs after the first `count`, on the first m rows, with the updates of those in it. */
  multiply(m: number, count: number, width: number): void;
  /** The inner products of pairs[at] with `count` of the vectors in `pairs` from `first` on, over the first m elements. */
  dots(at: number, m: number, first: number, count: number): Float64Array;
  /** pairs[at] ← pairs[at] + Σ factors[j] pairs[first + j] on the first m elements; its own factor has to be zero. */
  combine(at: number, m: number, first: number, factors: Float64Array): void;
}

/** Rows that are worked on at a time. */
export const ROWS = 4;

/** Elements of a strip of rows: half of a second-level cache. */
const STRIP = 2 ** 16;

/** The parts of the work, with places in elements of one array. Lengths are multiples of {@link ROWS}. */
interface Arithmetic {
  /** p += A v, the part of A in rows `from`, a multiple of {@link ROWS}, to m. */
  product(from: number, m: number, v: number, p: number): void;
  /** A ← A − Σ (uwᵀ + wuᵀ) on the first m rows. */
  update(m: number, count: number): void;
  /** coefficients[j] ← vⱼ · w over the first `length` elements, for `count` vectors, the first one at v. */
  dots(w: number, length: number, v: number, count: number): void;
  /** w += Σ coefficients[j] vⱼ. */
  combine(w: number, length: number, v: number, count: number): void;
}

interface Places {
  readonly stride: number;
  readonly rows: number;
  readonly zero: number;
  readonly pairs: number;
}

const round = (length: number) => ROWS * Math.ceil(length / ROWS);

/**
 * A copy of a matrix as a triangle, in WebAssembly memory where there is SIMD.
 *
 * @param matrix n × n, row-major; only its lower triangle is read
 * @param chosen the rows and columns that are taken, ascending
 * @param most pairs of vectors that are put off at most
 */
export function copyTriangle(
  matrix: Float64Array,
  n: number,
  chosen: Uint32Array,
  most: number,
  simd = true,
): Triangle {
  const m = chosen.length;
  // An odd number of cache lines: the same column of many rows does not fall on the same place of a cache.
  const lines = Math.ceil(m / 8);
  const stride = 8 * (lines + 1 - (lines % 2));
  const coefficients = round(2 * most);
  const at: Places = {
    stride,
    rows: coefficients,
    zero: coefficients + m * stride,
    pairs: coefficients + (m + 1) * stride,
  };
  // The vectors are read four at a time, from whichever one.
  const elements = at.pairs + (round(2 * most) + ROWS) * stride;
  const memory = simd ? kernelMemory(8 * elements) : null;
  const all = memory ? new Float64Array(memory.buffer, 0, elements) : new Float64Array(elements);
  const arithmetic = memory ? simdArithmetic(memory.kernels, at) : plainArithmetic(all, at);
  copyLower(matrix, n, chosen, all.subarray(at.rows, at.zero), stride);
  const pair = (index: number) => at.pairs + index * stride;
  const dots = (w: number, length: number, first: number, count: number) => {
    arithmetic.dots(w, round(length), pair(first), count);
    return all.slice(0, count);
  };
  const combine = (w: number, length: number, first: number, factors: Float64Array) => {
    all.set(factors);
    all.fill(0, factors.length, round(factors.length));
    arithmetic.combine(w, round(length), pair(first), factors.length);
  };
  /** Of Σ (uwᵀ + wuᵀ) x, from the inner products of u₀, w₀, … with x: each multiplies the other one of its pair. */
  const crossed = (products: Float64Array) => products.map((_, j) => -products[j ^ 1]);
  return {
    row: (i) => all.subarray(at.rows + i * stride, at.rows + (i + 1) * stride),
    pairs: Array.from({ length: 2 * most }, (_, i) => all.subarray(pair(i), pair(i) + stride)),
    updateRow(i, count) {
      if (count === 0) return;
      const own = Float64Array.from({ length: 2 * count }, (_, j) => all[pair(j) + i]);
      combine(at.rows + i * stride, i + 1, 0, crossed(own));
    },
    update(length, count) {
      if (count > 0) arithmetic.update(length, count);
    },
    multiply(length, count, width) {
      const places = Array.from({ length: width }, (_, j) => [pair(2 * (count + j)), pair(2 * (count + j) + 1)]);
      for (const [, w] of places) all.fill(0, w, w + stride);
      // Strip by strip, so that rows are read from memory for the first vector, and from the cache for the others.
      const strip = ROWS * Math.max(1, Math.floor(STRIP / length / ROWS));
      for (let from = 0; from < length; from += strip)
        for (const [u, w] of places) arithmetic.product(from, Math.min(from + strip, length), u, w);
      if (count === 0) return;
      for (const [u, w] of places) combine(w, length, 0, crossed(dots(u, length, 0, 2 * count)));
    },
    dots: (index, length, first, count) => dots(pair(index), length, first, count),
    combine: (index, length, first, factors) => combine(pair(index), length, first, factors),
  };
}

/** The chosen rows of a lower triangle; blocks on the diagonal are copied as a whole. */
function copyLower(matrix: Float64Array, n: number, chosen: Uint32Array, rows: Float64Array, stride: number): void {
  const m = chosen.length;
  for (let i = 0; i < m; i++) {
    const from = chosen[i] * n;
    const to = i * stride;
    if (m === n) rows.set(matrix.subarray(from, from + i + 1), to);
    else for (let j = 0; j <= i; j++) rows[to + j] = matrix[from + chosen[j]];
    const block = i - (i % ROWS);
    for (let j = block; j < i; j++) rows[j * stride + i] = rows[to + j];
  }
}

type Kernels = NonNullable<ReturnType<typeof kernelMemory>>["kernels"];

function simdArithmetic(kernels: Kernels, { rows, stride, zero, pairs }: Places): Arithmetic {
  const { symmetric_product: product, symmetric_update: update, dots_f64: dots, combine_f64: combine } = kernels;
  const [a, row, u] = [8 * rows, 8 * stride, 8 * pairs];
  const groups = (count: number) => Math.ceil(count / 4);
  return {
    product: (from, m, v, p) => product(a, row, from, m, 8 * v, 8 * p, 8 * zero),
    update: (m, count) => update(a, row, m, u, count),
    dots: (w, length, v, count) => dots(8 * w, length, 8 * v, row, groups(count), 0),
    combine: (w, length, v, count) => combine(8 * w, length, 8 * v, row, groups(count), 0),
  };
}

function plainArithmetic(all: Float64Array, { rows, stride, pairs }: Places): Arithmetic {
  return {
    product(from, m, v, p) {
      for (let i = from; i < m; i++) {
        const row = rows + i * stride;
        const vi = all[v + i];
        let sum = all[row + i] * vi;
        for (let k = 0; k < i; k++) {
          sum += all[row + k] * all[v + k];
          all[p + k] += all[row + k] * vi;
        }
        all[p + i] += sum;
      }
    },
    update(m, count) {
      for (let i = 0; i < m; i++) {
        const row = rows + i * stride;
        for (let s = 0; s < count; s++) {
          const u = pairs + 2 * s * stride;
          const w = u + stride;
          const [ui, wi] = [all[u + i], all[w + i]];
          for (let k = 0; k <= i; k++) all[row + k] -= ui * all[w + k] + wi * all[u + k];
        }
      }
    },
    dots(w, length, v, count) {
      for (let j = 0; j < count; j++) {
        const vj = v + j * stride;
        let sum = 0;
        for (let k = 0; k < length; k++) sum += all[vj + k] * all[w + k];
        all[j] = sum;
      }
    },
    combine(w, length, v, count) {
      for (let j = 0; j < count; j++) {
        const vj = v + j * stride;
        const c = all[j];
        for (let k = 0; k < length; k++) all[w + k] += c * all[vj + k];
      }
    },
  };
}
