import { keptLast } from "./reflection.ts";
import { SymmetricBand } from "./symmetric-band.ts";
import { type Chosen, type PutOffUpdates, ROWS } from "./put-off-updates.ts";
import type { Triangle } from "./triangle.ts";

/** QᵀAQ = B, with Q the product of the reflections. */
export interface BandReduction {
  readonly band: SymmetricBand;
  readonly reflections: Reflections;
}

/** The reflections I − uᵢuᵢᵀ/hᵢ of a reduction to a band: plain data. */
export interface Reflections {
  /** The i elements of uᵢ from i(i − 1)/2 on. */
  readonly vectors: Float64Array;
  /** hᵢ = ½‖uᵢ‖²; 0 where no reflection was needed. */
  readonly halfSquares: Float64Array;
}

/** Where uᵢ begins. */
export function startOfReflection(i: number): number {
  return (i * (i - 1)) / 2;
}

/** Reflections whose updates are made at once. Their vectors have to stay in the second-level cache. */
export const PANEL = 4 * ROWS;

/**
 * Householder reduction to a band from the last rows up, as many at a time as the band is wide: their products with the
 * matrix read it once (Bischof, Lang & Sun 2000, the first step). A band of width 1 is tridiagonal (EISPACK `tred2`).
 * Updates are made in panels (Dongarra, Sorensen & Hammarling 1989). With the rows B of a step, leading part A:
 *
 *   B Q = (0 R),  Q = H₁ … H_b = I − U T Uᵀ,  X = A U T,  W = X − ½ U Tᵀ Uᵀ X,  A ← A − U Wᵀ − W Uᵀ
 *
 * Yields after each step the share of the work that is done. Cost: 4/3 n³ flops.
 *
 * @param width a divisor of {@link PANEL}
 */
export function* reduceToBand(triangle: Triangle, n: number, width: number): Generator<number, BandReduction> {
  const { pairs } = triangle.putOff;
  const band = new SymmetricBand(n, width);
  const vectors = new Float64Array(startOfReflection(n));
  const halfSquares = new Float64Array(n);
  let count = 0;
  for (let end = n; end > 0;) {
    const start = width * Math.floor((end - 1) / width);
    const block = Array.from({ length: end - start }, (_, t) => triangle.row(start + t));
    block.forEach((row, t) => {
      triangle.putOff.updateRow(triangle.rowAt(start + t), start + t, count);
      for (let j = start; j <= start + t; j++) band.set(start + t, j, row[j]);
    });
    if (start === 0) break;
    const factor: Float64Array[] = [];
    const reflections = block.map((_, k) => eliminate(triangle, end - 1 - k, start, count, factor));
    reflections.forEach(({ h, length }, k) => {
      const t = block.length - 1 - k;
      for (let j = length - 1; j < start; j++) band.set(start + t, j, block[t][j]);
      halfSquares[start + t] = h;
      vectors.set(pairs[2 * (count + k)].subarray(0, length), startOfReflection(start + t));
    });
    triangle.multiply(start, count, block.length);
    finishUpdates(triangle.putOff, start, count, factor);
    count += block.length;
    if (start % triangle.most === 0) {
      triangle.update(start, count);
      count = 0;
    }
    end = start;
    yield 1 - (end / n) ** 3;
  }
  return { band, reflections: { vectors, halfSquares } };
}

/**
 * Row i loses what the reflections before it of this step take, U = (uᵢ) and T = `factor`; and the next one leaves of it, in
 * the first m columns, nothing before the place as far from the diagonal as there are rows. It joins U and T.
 */
function eliminate(
  { putOff, row, rowAt }: Triangle,
  i: number,
  m: number,
  first: number,
  factor: Float64Array[],
): { readonly h: number; readonly length: number } {
  const k = factor.length;
  const before: Chosen = { first: 2 * first, count: k, step: 2 };
  const own = row(i);
  const u = putOff.pairs[2 * (first + k)].fill(0);
  if (k > 0) {
    const along = putOff.dots(rowAt(i), m, before);
    const factors = factor.map((column) => -column.reduce((sum, t, l) => sum + t * along[l], 0));
    putOff.combine(rowAt(i), m, before, Float64Array.from(factors));
  }
  const length = Math.max(0, m - k);
  const { h, coupling } = length < 2 ? { h: 0, coupling: own[0] } : keptLast(own, u, length);
  if (length > 0) own[length - 1] = coupling;
  const inner = k > 0 ? putOff.dots(putOff.place(2 * (first + k)), m, before) : new Float64Array(0);
  factor.push(nextColumn(factor, inner, h));
  return { h, length: Math.max(1, length) };
}

/** The next column of T of H₁ … Hₖ = I − U T Uᵀ, upper triangular, from uᵢ · uₖ (Schreiber & Van Loan 1989). */
function nextColumn(factor: readonly Float64Array[], inner: Float64Array, h: number): Float64Array {
  const column = new Float64Array(factor.length + 1);
  if (h === 0) return column;
  factor.forEach((known, l) => known.forEach((t, i) => (column[i] -= (t * inner[l]) / h)));
  column[factor.length] = 1 / h;
  return column;
}

/**
 * From P = A U in the places of W, of the pairs from `first` on: W = P T − ½ U Tᵀ(UᵀP)T, T given by its columns. All that is as
 * long as the matrix are inner products and sums of the vectors of these pairs.
 */
function finishUpdates(putOff: PutOffUpdates, m: number, first: number, factor: readonly Float64Array[]): void {
  const b = factor.length;
  const at = 2 * first;
  const products = factor.map((_, k) => putOff.dots(putOff.place(at + 2 * k), m, { first: at + 1, count: b, step: 2 }));
  const transposed = factor.map((column) => Float64Array.from({ length: b }, (_, i) => column[i] ?? 0));
  const t = matrixOf(b, (i, k) => transposed[k][i]);
  const inner = timesMatrix(transposed, timesMatrix(products, t));
  // The last column first: those before it are still those of P.
  for (let k = b - 1; k >= 0; k--) {
    const w = putOff.pairs[at + 2 * k + 1];
    for (let j = 0; j < m; j++) w[j] *= t[k][k];
    const factors = new Float64Array(2 * b);
    for (let i = 0; i < b; i++) {
      factors[2 * i] = -inner[i][k] / 2;
      if (i < k) factors[2 * i + 1] = t[i][k];
    }
    putOff.combine(putOff.place(at + 2 * k + 1), m, { first: at, count: 2 * b, step: 1 }, factors);
  }
}

function matrixOf(b: number, element: (i: number, k: number) => number): Float64Array[] {
  return Array.from({ length: b }, (_, i) => Float64Array.from({ length: b }, (__, k) => element(i, k)));
}

function timesMatrix(x: readonly Float64Array[], y: readonly Float64Array[]): Float64Array[] {
  return matrixOf(x.length, (i, k) => x[i].reduce((sum, value, l) => sum + value * y[l][k], 0));
}
