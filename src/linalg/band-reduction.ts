import { keptLast } from "./reflection.ts";
import { SymmetricBand } from "./symmetric-band.ts";
import { ROWS, type Triangle } from "./triangle.ts";

/** QᵀAQ = B, with Q the product of the reflections I − uᵢuᵢᵀ/hᵢ: uᵢ is left in row i of the triangle. */
export interface BandReduction {
  readonly band: SymmetricBand;
  /** hᵢ = ½‖uᵢ‖²; 0 where no reflection was needed. */
  readonly halfSquares: Float64Array;
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
  const { rows, stride, pairs } = triangle;
  const band = new SymmetricBand(n, width);
  const halfSquares = new Float64Array(n);
  let count = 0;
  for (let end = n; end > 0;) {
    const start = width * Math.floor((end - 1) / width);
    const block = Array.from({ length: end - start }, (_, t) =>
      rows.subarray((start + t) * stride, (start + t + 1) * stride),
    );
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
      block[t].fill(0, 0, start + t);
      block[t].set(pairs[2 * (count + k)].subarray(0, length));
    });
    triangle.multiply(start, count, block.length);
    finishUpdates(
      pairs.slice(2 * count, 2 * (count + block.length)),
      reflections.map(({ h }) => h),
      start,
    );
    count += block.length;
    if (start % PANEL === 0) {
      triangle.update(start, count);
      count = 0;
    }
    end = start;
    yield 1 - (end / n) ** 3;
  }
  return { band, halfSquares };
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

/** From P = A U in the places of W: W. */
function finishUpdates(pairs: readonly Float64Array[], h: readonly number[], m: number): void {
  const u = h.map((_, k) => pairs[2 * k]);
  const w = h.map((_, k) => pairs[2 * k + 1]);
  const b = h.length;
  const t = triangularFactor(u, h, m);
  // X = P T, the last column first: those before it are still those of P.
  for (let k = b - 1; k >= 0; k--) {
    const x = w[k];
    const own = t[k][k];
    for (let j = 0; j < m; j++) x[j] *= own;
    for (let i = 0; i < k; i++) addMultiple(x, t[i][k], w[i], m);
  }
  const inner = u.map((ui) => w.map((wk) => dotOf(ui, wk, m)));
  for (let k = 0; k < b; k++)
    for (let i = 0; i < b; i++) {
      let s = 0;
      for (let l = 0; l <= i; l++) s += t[l][i] * inner[l][k];
      addMultiple(w[k], -s / 2, u[i], m);
    }
}

/** T of H₁ … H_b = I − U T Uᵀ, upper triangular (Schreiber & Van Loan 1989). */
function triangularFactor(u: readonly Float64Array[], h: readonly number[], m: number): Float64Array[] {
  const b = h.length;
  const t = Array.from({ length: b }, () => new Float64Array(b));
  for (let k = 0; k < b; k++) {
    if (h[k] === 0) continue;
    t[k][k] = 1 / h[k];
    const along = u.slice(0, k).map((each) => dotOf(each, u[k], m));
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let l = i; l < k; l++) sum += t[i][l] * along[l];
      t[i][k] = -sum / h[k];
    }
  }
  return t;
}

function dotOf(x: Float64Array, y: Float64Array, m: number): number {
  let sum = 0;
  for (let j = 0; j < m; j++) sum += x[j] * y[j];
  return sum;
}

function addMultiple(x: Float64Array, factor: number, y: Float64Array, m: number): void {
  if (factor === 0) return;
  for (let j = 0; j < m; j++) x[j] += factor * y[j];
}
