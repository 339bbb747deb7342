import { ROWS, type Triangle } from "./triangle.ts";

/** QᵀAQ = T, with Q the product of the reflections I − uᵢuᵢᵀ/hᵢ: uᵢ is left in row i of the triangle. */
export interface Tridiagonalization {
  readonly diagonal: Float64Array;
  readonly offDiagonal: Float64Array;
  /** hᵢ = ½‖uᵢ‖²; 0 where no reflection was needed. */
  readonly halfSquares: Float64Array;
}

/** The vectors uᵢ of the reflections: row i begins at i · stride. */
export type Reflections = Pick<Triangle, "rows" | "stride">;

/** Reflections whose updates are made at once. Their vectors have to stay in the second-level cache. */
export const PANEL = 4 * ROWS;

/**
 * Householder reduction to tridiagonal form from the last row up (EISPACK `tred2`), in panels (LAPACK `sytrd`;
 * Dongarra, Sorensen & Hammarling 1989): half of the arithmetic is then done in the cache.
 *
 * Yields after each panel the share of the work that is done. Cost: 4/3 n³ flops.
 */
export function* tridiagonalize(triangle: Triangle, n: number): Generator<number, Tridiagonalization> {
  const { rows, stride, pairs } = triangle;
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(Math.max(0, n - 1));
  const halfSquares = new Float64Array(n);
  for (let end = n; end > 0;) {
    const start = PANEL * Math.floor((end - 1) / PANEL);
    let count = 0;
    for (let i = end - 1; i >= start; i--) {
      const row = rows.subarray(i * stride, i * stride + i + 1);
      triangle.updateRow(i, count);
      diagonal[i] = row[i];
      if (i === 0) break;
      const u = pairs[2 * count];
      const { h, coupling } = reflection(row, u);
      offDiagonal[i - 1] = coupling;
      halfSquares[i] = h;
      if (h === 0) continue;
      triangle.multiply(i, count);
      row.set(u.subarray(0, i));
      finishUpdate(u, pairs[2 * count + 1], i, h);
      count++;
    }
    triangle.update(start, count);
    end = start;
    yield 1 - (end / n) ** 3;
  }
  return { diagonal, offDiagonal, halfSquares };
}

/** u and h of the reflection that leaves of a row only the element before the diagonal, which it becomes. */
function reflection(row: Float64Array, u: Float64Array): { h: number; coupling: number } {
  const last = row.length - 2;
  let scale = 0;
  for (let k = 0; k < last; k++) scale += Math.abs(row[k]);
  if (scale === 0) return { h: 0, coupling: row[last] };
  scale += Math.abs(row[last]);
  let h = 0;
  for (let k = 0; k <= last; k++) {
    const x = row[k] / scale;
    u[k] = x;
    h += x * x;
  }
  u.fill(0, last + 1);
  const f = u[last];
  const g = f > 0 ? -Math.sqrt(h) : Math.sqrt(h);
  u[last] = f - g;
  return { h: h - f * g, coupling: scale * g };
}

/** From p = Au: w = p/h − (uᵀp/2h²) u, with which the reflection turns A to A − uwᵀ − wuᵀ. */
function finishUpdate(u: Float64Array, w: Float64Array, length: number, h: number): void {
  let projection = 0;
  for (let k = 0; k < length; k++) {
    w[k] /= h;
    projection += u[k] * w[k];
  }
  const half = projection / (2 * h);
  for (let k = 0; k < length; k++) w[k] -= half * u[k];
}

/** Vectors that are transformed to each reading of the reflections. */
export const TOGETHER = 4;

/** Up to four eigenvectors of T to eigenvectors of A: z ← Qz in place. Cost: 2 n² multiplications each. */
export function transformBack(
  { rows, stride }: Reflections,
  halfSquares: Float64Array,
  vectors: readonly Float64Array[],
): void {
  const n = halfSquares.length;
  const [z0, z1, z2, z3] = Array.from({ length: TOGETHER }, (_, j) => vectors[j] ?? new Float64Array(n));
  for (let i = 1; i < n; i++) {
    const h = halfSquares[i];
    if (h === 0) continue;
    const row = i * stride;
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let k = 0; k < i; k++) {
      const x = rows[row + k];
      s0 += x * z0[k];
      s1 += x * z1[k];
      s2 += x * z2[k];
      s3 += x * z3[k];
    }
    s0 /= h;
    s1 /= h;
    s2 /= h;
    s3 /= h;
    for (let k = 0; k < i; k++) {
      const x = rows[row + k];
      z0[k] -= s0 * x;
      z1[k] -= s1 * x;
      z2[k] -= s2 * x;
      z3[k] -= s3 * x;
    }
  }
}
