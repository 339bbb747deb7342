import { type KernelMemory, kernelMemory } from "./kernel-memory.ts";
import type { LowerRows } from "./lower-rows.ts";
import { PutOffUpdates, roomForPairs, ROWS, roundUp } from "./put-off-updates.ts";

/**
 * A symmetric matrix A, of which the lower triangle is kept, with room beside it for pairs of vectors u and w whose
 * updates A ← A − uwᵀ − wuᵀ are put off: several of them made at once read the matrix once.
 */
export interface Triangle {
  /** Pairs that are put off at most, a multiple of {@link ROWS}. */
  readonly most: number;
  /** Row i, in place; beyond its diagonal it holds nothing of use. */
  row(i: number): Float64Array;
  /** Where it begins in the array in which the pairs are. */
  rowAt(i: number): number;
  /** What is beyond the leading rows in u has to be zero. */
  readonly putOff: PutOffUpdates;
  /** Makes the updates of the first `count` pairs in the first m rows, m a multiple of {@link ROWS}. */
  update(m: number, count: number): void;
  /** w ← A u of the `width` pairs after the first `count`, on the first m rows, with the updates of those in it. */
  multiply(m: number, count: number, width: number): void;
}

/** Elements of a strip of rows: half of a second-level cache. */
const STRIP = 2 ** 16;

/** The parts of the work, with places in elements of one array. */
interface Arithmetic {
  /** p += A v, the part of A in rows `from`, a multiple of {@link ROWS}, to m. */
  product(from: number, m: number, v: number, p: number): void;
  /** A ← A − Σ (uwᵀ + wuᵀ) on the first m rows. */
  update(m: number, count: number): void;
}

interface Places {
  readonly stride: number;
  readonly most: number;
  readonly rows: number;
  readonly zero: number;
  readonly pairs: number;
}

/**
 * A copy of a matrix as a triangle, in WebAssembly memory where there is SIMD.
 *
 * @param most pairs of vectors that are put off at most
 */
export function copyTriangle(lower: LowerRows, most: number, simd = true): Triangle {
  const m = lower.dimension;
  // An odd number of cache lines: the same column of many rows does not fall on the same place of a cache.
  const lines = Math.ceil(m / 8);
  const stride = 8 * (lines + 1 - (lines % 2));
  const rows = roundUp(2 * most);
  const zero = rows + m * stride;
  const at: Places = { stride, most, rows, zero, pairs: zero + stride };
  const packed = at.pairs + roomForPairs(at);
  const elements = packed + (simd ? 2 * most * stride : 0);
  const memory = simd ? kernelMemory(8 * elements) : null;
  const all = memory ? new Float64Array(memory.buffer, 0, elements) : new Float64Array(elements);
  const arithmetic = memory ? simdArithmetic(memory, all, { ...at, packed }) : plainArithmetic(all, at);
  const putOff = new PutOffUpdates(all, memory, at);
  const rowAt = (i: number) => rows + i * stride;
  copyLower(lower, all, rowAt);
  return {
    most,
    putOff,
    rowAt,
    row: (i) => all.subarray(rowAt(i), rowAt(i) + stride),
    update(length, count) {
      if (count > 0) arithmetic.update(length, count);
    },
    multiply(length, count, width) {
      const places = Array.from({ length: width }, (_, j) => [
        putOff.place(2 * (count + j)),
        putOff.place(2 * (count + j) + 1),
      ]);
      for (const [, w] of places) all.fill(0, w, w + stride);
      // Strip by strip, so that rows are read from memory for the first vector, and from the cache for the others.
      const strip = ROWS * Math.max(1, Math.floor(STRIP / length / ROWS));
      for (let from = 0; from < length; from += strip)
        for (const [u, w] of places) arithmetic.product(from, Math.min(from + strip, length), u, w);
      putOff.correct(length, count, width);
    },
  };
}

/** Rows to their places; blocks on the diagonal are copied as a whole. */
function copyLower(lower: LowerRows, all: Float64Array, rowAt: (i: number) => number): void {
  for (let i = 0; i < lower.dimension; i++) {
    const to = rowAt(i);
    lower.copyRow(i, all, to);
    for (let j = i - (i % ROWS); j < i; j++) all[rowAt(j) + i] = all[to + j];
  }
}

function simdArithmetic(
  { kernels }: KernelMemory,
  all: Float64Array,
  { rows, stride, zero, pairs, packed }: Places & { readonly packed: number },
): Arithmetic {
  const { symmetric_product: product, symmetric_update: update } = kernels;
  const [a, row] = [8 * rows, 8 * stride];
  return {
    product: (from, m, v, p) => product(a, row, from, m, 8 * v, 8 * p, 8 * zero),
    update(m, count) {
      // Elements that are read together lie together: u and w of all pairs, four by four.
      const group = 2 * ROWS * count;
      for (let i = 0; i < 2 * count; i++) {
        const from = pairs + i * stride;
        for (let k = 0, to = packed + ROWS * i; k < m; k += ROWS, to += group)
          for (let r = 0; r < ROWS; r++) all[to + r] = all[from + k + r];
      }
      update(a, row, m, 8 * packed, count);
    },
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
  };
}
