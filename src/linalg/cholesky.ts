import { ThalwegError } from "../util/thalweg-error.ts";

/**
 * The lower factor L of a small symmetric positive definite matrix, A = LLᵀ. Cost n³/3 flops.
 *
 * @param matrix n × n, row-major; only the lower triangle is read
 * @throws check error `not-positive-definite`
 *
 * @example
 * cholesky(Float64Array.of(4, 2, 2, 2), 2); // [2, 0, 1, 1]
 */
export function cholesky(matrix: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j];
      for (let k = 0; k < j; k++) sum -= lower[i * n + k] * lower[j * n + k];
      if (j < i) {
        lower[i * n + j] = sum / lower[j * n + j];
      } else if (sum > 0) {
        lower[i * n + i] = Math.sqrt(sum);
      } else {
        throw new ThalwegError({
          kind: "check",
          code: "not-positive-definite",
          message: `A ${n} × ${n} matrix that must be positive definite is not: pivot ${i} is ${sum}.`,
          hint: "Add a positive shift to its diagonal.",
        });
      }
    }
  }
  return lower;
}

/** x with LLᵀx = b, for the factor that `cholesky` returns. Cost 2n² flops. */
export function solveCholesky(lower: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= lower[i * n + k] * x[k];
    x[i] /= lower[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= lower[k * n + i] * x[k];
    x[i] /= lower[i * n + i];
  }
  return x;
}

/** log det A = 2 Σ log Lᵢᵢ, for the factor that `cholesky` returns. */
export function logDeterminant(lower: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += 2 * Math.log(lower[i * n + i]);
  return sum;
}
