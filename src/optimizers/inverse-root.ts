import type { MatrixArithmetic } from "./matrix-arithmetic.ts";

/** Doubles what is far from 1 in each iteration: enough for a condition number of 10¹⁰, and the last few double the digits. */
const ITERATIONS = 32;

/**
 * A^{−1/4} of a symmetric positive definite matrix by products alone, so that it can be part of a graph: with M₀ = zA, X₀ = z^{1/4},
 * T = (5 − M)/4, the coupled iteration X ← XT, M ← T⁴M brings M to 1 (Higham 2008, section 7.3; Anil et al. 2020).
 */
export function inverseFourthRoot<T>(a: MatrixArithmetic<T>, matrix: T, n: number): T {
  const unit = a.identity(n);
  // ‖A‖_F bounds the largest eigenvalue; the iteration converges from eigenvalues of M in (0, 5).
  const z = a.div(2.5, a.sqrt(a.sum(a.mul(matrix, matrix))));
  let m = a.mul(matrix, z);
  let x = a.mul(unit, a.sqrt(a.sqrt(z)));
  for (let i = 0; i < ITERATIONS; i++) {
    const t = a.div(a.sub(a.mul(unit, 5), m), 4);
    const square = a.times(t, t);
    x = a.times(x, t);
    m = a.times(a.times(square, square), m);
  }
  return x;
}
