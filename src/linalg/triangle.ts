import { kernelMemory } from "./kernel-memory.ts";

/**
 * A symmetric matrix A, of which the lower triangle is kept, with room beside it for pairs of vectors u and w whose
 * updates A ← A − uwᵀ − wuᵀ are put off: several of them made at once read the matrix once.
 */
export interface Triangle {
  /** Row i begins at i · stride; beyond its diagonal it holds nothing of use. */
  readonly rows: Float64Array;
  readonly stride: number;
  /** u₀, w₀, u₁, w₁, …: zeros at first. What is beyond the leading rows in u has to be zero. */
  readonly pairs: readonly Float64Array[];
  /** Makes the updates of the first `count` pairs in row i alone. */
  updateRow(i: number, count: number): void;
  /** Makes them in the first m rows, m a multiple of {@link ROWS}. */
  update(m: number, count: number): void;
  /** w ← A u of the `width` pairs after the first `count`, on the first m rows, with the updates of those in it. */
  multiply(m: number, count: number, width: number): void;
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
  /** coefficients[j] ← vⱼ · w over the first `length` elements, for the first `count` vectors of the pairs. */
  dots(w: number, length: number, count: number): void;
  /** w += Σ coefficients[j] vⱼ. */
  combine(w: number, length: number, count: number): void;
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
  const elements = at.pairs + round(2 * most) * stride;
  const memory = simd ? kernelMemory(8 * elements) : null;
  const all = memory ? new Float64Array(memory.buffer, 0, elements) : new Float64Array(elements);
  const arithmetic = memory ? simdArithmetic(memory.kernels, at) : plainArithmetic(all, at);
  const rows = all.subarray(at.rows, at.zero);
  copyLower(matrix, n, chosen, rows, stride);
  const pair = (index: number) => at.pairs + index * stride;
  return {
    rows,
    stride,
    pairs: Array.from({ length: 2 * most }, (_, i) => all.subarray(pair(i), pair(i) + stride)),
    updateRow(i, count) {
      if (count === 0) return;
      for (let j = 0; j < 2 * count; j++) all[j] = -all[pair(j ^ 1) + i];
      all.fill(0, 2 * count, round(2 * count));
      arithmetic.combine(at.rows + i * stride, round(i + 1), 2 * count);
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
      for (const [u, w] of places) {
        arithmetic.dots(u, round(length), 2 * count);
        for (let j = 0; j < 2 * count; j += 2) [all[j], all[j + 1]] = [-all[j + 1], -all[j]];
        all.fill(0, 2 * count, round(2 * count));
        arithmetic.combine(w, round(length), 2 * count);
      }
    },
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
    dots: (w, length, count) => dots(8 * w, length, u, row, groups(count), 0),
    combine: (w, length, count) => combine(8 * w, length, u, row, groups(count), 0),
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
    dots(w, length, count) {
      for (let j = 0; j < count; j++) {
        const v = pairs + j * stride;
        let sum = 0;
        for (let k = 0; k < length; k++) sum += all[v + k] * all[w + k];
        all[j] = sum;
      }
    },
    combine(w, length, count) {
      for (let j = 0; j < count; j++) {
        const v = pairs + j * stride;
        const c = all[j];
        for (let k = 0; k < length; k++) all[w + k] += c * all[v + k];
      }
    },
  };
}
