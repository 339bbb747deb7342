import { keptLast } from "./reflection.ts";
import { SymmetricBand } from "./symmetric-band.ts";
import { ROWS, type Triangle } from "./triangle.ts";

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
  const { pairs } = triangle;
  const band = new SymmetricBand(n, width);
  const vectors = new Float64Array(startOfReflection(n));
  const halfSquares = new Float64Array(n);
  let count = 0;
  for (let end = n; end > 0;) {
    const start = width * Math.floor((end - 1) / width);
    const block = Array.from({ length: end - start }, (_, t) => triangle.row(start + t));
    block.forEach((row, t) => {
      triangle.updateRow(start + t, count);
      for (let j = start; j <= start + t; j++) band.set(start + t, j, row[j]);
    });
    if (start === 0) break;
    const reflections = eliminate(block, start, (k) => pairs[2 * (count + k)]);
    reflections.forEach(({ h, length }, k) => {
      const t = block.length - 1 - k;
      for (let j = length - 1; j < start; j++) band.set(start + t, j, block[t][j]);
      halfSquares[start + t] = h;
      vectors.set(pairs[2 * (count + k)].subarray(0, length), startOfReflection(start + t));
    });
    triangle.multiply(start, count, block.length);
    finishUpdates(
      triangle,
      start,
      count,
      reflections.map(({ h }) => h),
    );
    count += block.length;
    if (start % PANEL === 0) {
      triangle.update(start, count);
      count = 0;
    }
    end = start;
    yield 1 - (end / n) ** 3;
  }
  return { band, reflections: { vectors, halfSquares } };
}

/**
 * Reflections of the last row first, each of which leaves of its row, in the first m columns, nothing before the place
 * as far from the diagonal as there are rows; made in the rows above it, too.
 */
function eliminate(
  block: readonly Float64Array[],
  m: number,
  vectorAt: (k: number) => Float64Array,
): { readonly h: number; readonly length: number }[] {
  return block.map((_, k) => {
    const row = block[block.length - 1 - k];
    const length = Math.max(0, m - k);
    const u = vectorAt(k).fill(0);
    if (length < 2) return { h: 0, length: Math.max(1, length) };
    const { h, coupling } = keptLast(row, u, length);
    row[length - 1] = coupling;
    if (h === 0) return { h, length };
    for (const above of block.slice(0, block.length - 1 - k)) {
      let along = 0;
      for (let j = 0; j < length; j++) along += above[j] * u[j];
      along /= h;
      for (let j = 0; j < length; j++) above[j] -= along * u[j];
    }
    return { h, length };
  });
}

/**
 * From P = A U in the places of W, of the pairs from `first` on: W = P T − ½ U Tᵀ(UᵀP)T. All that is as long as the
 * matrix are inner products and sums of the vectors of these pairs.
 */
function finishUpdates(triangle: Triangle, m: number, first: number, h: readonly number[]): void {
  const b = h.length;
  const [at, count] = [2 * first, 2 * b];
  const products = h.map((_, k) => triangle.dots(at + 2 * k, m, at, count));
  const t = triangularFactor(products, h);
  const between = matrixOf(b, (i, k) => products[i][2 * k + 1]);
  const transposed = matrixOf(b, (i, k) => t[k][i]);
  const inner = timesMatrix(transposed, timesMatrix(between, t));
  // The last column first: those before it are still those of P.
  for (let k = b - 1; k >= 0; k--) {
    const w = triangle.pairs[at + 2 * k + 1];
    for (let j = 0; j < m; j++) w[j] *= t[k][k];
    const factors = new Float64Array(count);
    for (let i = 0; i < b; i++) {
      factors[2 * i] = -inner[i][k] / 2;
      if (i < k) factors[2 * i + 1] = t[i][k];
    }
    triangle.combine(at + 2 * k + 1, m, at, factors);
  }
}

/** T of H₁ … H_b = I − U T Uᵀ, upper triangular, from uᵢ · uₖ in products[i][2k] (Schreiber & Van Loan 1989). */
function triangularFactor(products: readonly Float64Array[], h: readonly number[]): Float64Array[] {
  const t = matrixOf(h.length, () => 0);
  for (let k = 0; k < h.length; k++) {
    if (h[k] === 0) continue;
    t[k][k] = 1 / h[k];
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let l = i; l < k; l++) sum += t[i][l] * products[l][2 * k];
      t[i][k] = -sum / h[k];
    }
  }
  return t;
}

function matrixOf(b: number, element: (i: number, k: number) => number): Float64Array[] {
  return Array.from({ length: b }, (_, i) => Float64Array.from({ length: b }, (__, k) => element(i, k)));
}

function timesMatrix(x: readonly Float64Array[], y: readonly Float64Array[]): Float64Array[] {
  return matrixOf(x.length, (i, k) => x[i].reduce((sum, value, l) => sum + value * y[l][k], 0));
}
