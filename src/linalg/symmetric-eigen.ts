import { ThalwegError } from "../util/thalweg-error.ts";
import { copyTriangle, type Triangle } from "./triangle.ts";
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
  const triangle = copyTriangle(matrix, n, 5);
  const reduced = tridiagonalize(triangle, n);
  const { values, vectors } = tridiagonalEigen(reduced.diagonal, reduced.offDiagonal, wantVectors ? "all" : "none");
  if (wantVectors) transformBack(triangle.matrix, n, reduced.halfSquares, vectors);
  return { values, vectors };
}

interface Tridiagonalization {
  readonly diagonal: Float64Array;
  readonly offDiagonal: Float64Array;
  /** hᵢ = ½‖uᵢ‖² of the reflections I − uᵢuᵢᵀ/hᵢ; 0 where none was needed. */
  readonly halfSquares: Float64Array;
}

/** A ← reflections in the rows below the diagonal; returns T. Works from the last row up. */
function tridiagonalize({ matrix: a, vectors, pass }: Triangle, n: number): Tridiagonalization {
  const stride = n + (n % 2);
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(Math.max(0, n - 1));
  const halfSquares = new Float64Array(n);
  let [uAt, qAt, nextUAt, productAt] = [0, 1, 2, 3];
  const zeroAt = 4;

  for (let i = n - 1; i >= 1; i--) {
    const row = i * stride;
    const [u, q, nextU, product] = [vectors[uAt], vectors[qAt], vectors[nextUAt], vectors[productAt]];
    // The reflection of this step depends on row i alone, so its update goes ahead of the others.
    const ui = u[i];
    const qi = q[i];
    for (let k = 0; k <= i; k++) a[row + k] -= ui * q[k] + qi * u[k];
    diagonal[i] = a[row + i];

    let scale = 0;
    for (let k = 0; k < i - 1; k++) scale += Math.abs(a[row + k]);
    if (scale === 0) {
      offDiagonal[i - 1] = a[row + i - 1];
      pass(i, uAt, qAt, zeroAt, productAt);
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

    pass(i, uAt, qAt, nextUAt, productAt);
    for (let k = 0; k < i; k++) a[row + k] = nextU[k];

    let projection = 0;
    for (let k = 0; k < i; k++) {
      product[k] /= h;
      projection += nextU[k] * product[k];
    }
    const half = projection / (2 * h);
    for (let k = 0; k < i; k++) product[k] -= half * nextU[k];
    product[i] = 0;

    [uAt, nextUAt] = [nextUAt, uAt];
    [qAt, productAt] = [productAt, qAt];
  }
  if (n > 0) diagonal[0] = a[0] - 2 * vectors[uAt][0] * vectors[qAt][0];
  return { diagonal, offDiagonal, halfSquares };
}

/** Eigenvectors of T to eigenvectors of A: z ← H₍ₙ₋₁₎ … H₁ z, four vectors to each reading of the reflections. */
function transformBack(a: Float64Array, n: number, halfSquares: Float64Array, vectors: readonly Float64Array[]): void {
  const stride = n + (n % 2);
  const spare = new Float64Array(n);
  for (let j = 0; j < n; j += 4) {
    const z0 = vectors[j];
    const z1 = vectors[j + 1] ?? spare;
    const z2 = vectors[j + 2] ?? spare;
    const z3 = vectors[j + 3] ?? spare;
    for (let i = 1; i < n; i++) {
      const h = halfSquares[i];
      if (h === 0) continue;
      const row = i * stride;
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
