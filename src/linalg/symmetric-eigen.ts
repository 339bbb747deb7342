import { ThalwegError } from "../util/thalweg-error.ts";
import { tridiagonalEigen } from "./tridiagonal-eigen.ts";

export interface SymmetricEigen {
  /** Eigenvalues, ascending. */
  readonly values: Float64Array;
  /** Unit eigenvectors in the order of the values; empty unless asked for. */
  readonly vectors: Float64Array[];
}

/**
 * All eigenvalues, and on request eigenvectors, of a dense symmetric matrix: Householder reduction to
 * tridiagonal form (EISPACK `tred2`, with the rank-two update of one step and the product of the next
 * fused into one pass over the triangle), then implicit QL.
 *
 * Absolute error of a value: a small multiple of ε‖A‖. Only the lower triangle is read.
 * Cost: 4/3 n³ flops for values; + about 12 n³ for vectors. Memory: one copy of the matrix (two with vectors).
 *
 * @param matrix n × n, row-major; left as it is
 * @throws internal error `matrix-size`; check error `eigen-not-converged` for NaN or ∞
 *
 * @example
 * symmetricEigen(Float64Array.of(2, 1, 1, 2), 2, false).values; // [1, 3]
 */
export function symmetricEigen(matrix: Float64Array, n: number, wantVectors: boolean): SymmetricEigen {
  if (matrix.length !== n * n) {
    throw new ThalwegError({
      kind: "internal",
      code: "matrix-size",
      message: `A ${n} × ${n} matrix needs ${n * n} elements, but ${matrix.length} were given.`,
    });
  }
  const a = Float64Array.from(matrix);
  const reduced = tridiagonalize(a, n);
  const { values, vectors } = tridiagonalEigen(reduced.diagonal, reduced.offDiagonal, wantVectors ? "all" : "none");
  if (wantVectors) transformBack(a, n, reduced.halfSquares, vectors);
  return { values, vectors };
}

interface Tridiagonalization {
  readonly diagonal: Float64Array;
  readonly offDiagonal: Float64Array;
  /** hᵢ = ½‖uᵢ‖² of the reflections I − uᵢuᵢᵀ/hᵢ; 0 where none was needed. */
  readonly halfSquares: Float64Array;
}

/** A ← reflections in the rows below the diagonal; returns T. Works from the last row up. */
function tridiagonalize(a: Float64Array, n: number): Tridiagonalization {
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(Math.max(0, n - 1));
  const halfSquares = new Float64Array(n);
  let u = new Float64Array(n);
  let q = new Float64Array(n);
  let nextU = new Float64Array(n);
  let product = new Float64Array(n);
  const zero = new Float64Array(n);

  for (let i = n - 1; i >= 1; i--) {
    const row = i * n;
    // The reflection of this step depends on row i alone, so its update goes ahead of the others.
    const ui = u[i];
    const qi = q[i];
    for (let k = 0; k <= i; k++) a[row + k] -= ui * q[k] + qi * u[k];
    diagonal[i] = a[row + i];

    let scale = 0;
    for (let k = 0; k < i - 1; k++) scale += Math.abs(a[row + k]);
    if (scale === 0) {
      offDiagonal[i - 1] = a[row + i - 1];
      rankTwoUpdateAndProduct(a, n, i, u, q, zero, product);
      u.fill(0);
      q.fill(0);
      continue;
    }
    scale += Math.abs(a[row + i - 1]);
    let h = 0;
    for (let k = 0; k < i; k++) {
      const x = a[row + k] / scale;
      nextU[k] = x;
      h += x * x;
    }
    const f = nextU[i - 1];
    const g = f > 0 ? -Math.sqrt(h) : Math.sqrt(h);
    offDiagonal[i - 1] = scale * g;
    h -= f * g;
    nextU[i - 1] = f - g;
    nextU[i] = 0;
    halfSquares[i] = h;

    rankTwoUpdateAndProduct(a, n, i, u, q, nextU, product);
    for (let k = 0; k < i; k++) a[row + k] = nextU[k];

    let projection = 0;
    for (let k = 0; k < i; k++) {
      product[k] /= h;
      projection += nextU[k] * product[k];
    }
    const half = projection / (2 * h);
    for (let k = 0; k < i; k++) product[k] -= half * nextU[k];
    product[i] = 0;

    [u, nextU] = [nextU, u];
    [q, product] = [product, q];
  }
  if (n > 0) diagonal[0] = a[0] - 2 * u[0] * q[0];
  return { diagonal, offDiagonal, halfSquares };
}

/**
 * On the leading m × m triangle: A ← A − uqᵀ − quᵀ, and product ← A v with the new A, in one pass over
 * two rows at a time.
 */
function rankTwoUpdateAndProduct(
  a: Float64Array,
  n: number,
  m: number,
  u: Float64Array,
  q: Float64Array,
  v: Float64Array,
  product: Float64Array,
): void {
  for (let k = 0; k < m; k++) product[k] = 0;
  let j = 0;
  if (m % 2 === 1) {
    a[0] -= 2 * u[0] * q[0];
    product[0] = a[0] * v[0];
    j = 1;
  }
  for (; j < m; j += 2) {
    const row0 = j * n;
    const row1 = row0 + n;
    const u0 = u[j];
    const u1 = u[j + 1];
    const q0 = q[j];
    const q1 = q[j + 1];
    const v0 = v[j];
    const v1 = v[j + 1];
    let s0 = 0;
    let s1 = 0;
    for (let k = 0; k < j; k++) {
      const uk = u[k];
      const qk = q[k];
      const vk = v[k];
      const a0 = a[row0 + k] - (u0 * qk + q0 * uk);
      const a1 = a[row1 + k] - (u1 * qk + q1 * uk);
      a[row0 + k] = a0;
      a[row1 + k] = a1;
      s0 += a0 * vk;
      s1 += a1 * vk;
      product[k] += a0 * v0 + a1 * v1;
    }
    const d0 = a[row0 + j] - 2 * u0 * q0;
    const cross = a[row1 + j] - (u1 * q0 + q1 * u0);
    const d1 = a[row1 + j + 1] - 2 * u1 * q1;
    a[row0 + j] = d0;
    a[row1 + j] = cross;
    a[row1 + j + 1] = d1;
    product[j] += s0 + d0 * v0 + cross * v1;
    product[j + 1] += s1 + cross * v0 + d1 * v1;
  }
}

/** Eigenvectors of T to eigenvectors of A: z ← H₍ₙ₋₁₎ … H₁ z, four vectors to each reading of the reflections. */
function transformBack(a: Float64Array, n: number, halfSquares: Float64Array, vectors: readonly Float64Array[]): void {
  const spare = new Float64Array(n);
  for (let j = 0; j < n; j += 4) {
    const z0 = vectors[j];
    const z1 = vectors[j + 1] ?? spare;
    const z2 = vectors[j + 2] ?? spare;
    const z3 = vectors[j + 3] ?? spare;
    for (let i = 1; i < n; i++) {
      const h = halfSquares[i];
      if (h === 0) continue;
      const row = i * n;
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let k = 0; k < i; k++) {
        const x = a[row + k];
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
        const x = a[row + k];
        z0[k] -= s0 * x;
        z1[k] -= s1 * x;
        z2[k] -= s2 * x;
        z3[k] -= s3 * x;
      }
    }
  }
}
