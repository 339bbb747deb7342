import { norm2, sumOf } from "../linalg/vector.ts";
import type { Check } from "../result/envelope.ts";

/**
 * All eigenvalues against the matrix that they are of, by what needs no eigenvalue: Σλᵢ = Σaᵢᵢ, to √n ‖A‖_F, which bounds
 * both, and √Σλᵢ² = ‖A‖_F. The limit is a hundred roundings, growing as their sum over n rows does. Cost: one pass.
 */
export function spectrumCheck(matrix: Float64Array, values: Float64Array): Check {
  const n = values.length;
  const size = norm2(matrix);
  const diagonal = sumOf(Float64Array.from(values, (_, i) => matrix[i * n + i]));
  const ofSquares = Math.abs(norm2(values) - size);
  const ofValues = Math.abs(sumOf(values) - diagonal) / Math.sqrt(n);
  const measured = size === 0 ? Math.max(ofSquares, ofValues) : Math.max(ofSquares, ofValues) / size;
  const limit = 100 * Math.sqrt(n) * Number.EPSILON;
  return {
    name: "hessian-spectrum",
    title: "The eigenvalues against the matrix",
    passed: measured <= limit,
    measured,
    limit,
    detail:
      "The sum of all eigenvalues against the diagonal of the matrix, and the root of the sum of their squares against its Frobenius norm, relative to the norm.",
  };
}
