import type { RandomStream } from "../../random/random-stream.ts";

/**
 * A matrix of the Gaussian orthogonal ensemble: symmetric, entries off the diagonal of variance 1/n, on it of 2/n, so that the
 * spectrum fills [−2, 2] (Wigner 1955). Density ∝ exp(−(n/4) tr H²).
 *
 * @returns n × n, row-major
 */
export function goe(n: number, random: RandomStream): Float64Array {
  const matrix = new Float64Array(n * n);
  const scale = 1 / Math.sqrt(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) matrix[i * n + j] = matrix[j * n + i] = scale * random.normal();
    matrix[i * n + i] = Math.SQRT2 * scale * random.normal();
  }
  return matrix;
}

/**
 * Share of the semicircle on [−2, 2] below t: ½ + t√(4 − t²)/4π + asin(t/2)/π.
 *
 * @example
 * semicircleBelow(0); // 0.5
 */
export function semicircleBelow(t: number): number {
  if (t <= -2) return 0;
  if (t >= 2) return 1;
  return 0.5 + (t * Math.sqrt(4 - t * t)) / (4 * Math.PI) + Math.asin(t / 2) / Math.PI;
}
