import { meanOf } from "./vector.ts";

/** A mean of independent samples, with its standard error. */
export interface SampleMean {
  readonly value: number;
  readonly standardError: number;
}

/**
 * x̄ = (1/n) Σxᵢ and its standard error √(Σ(xᵢ − x̄)² / (n(n − 1))), which is NaN of fewer than two.
 *
 * @example
 * sampleMean(Float64Array.of(1, 2, 3)); // { value: 2, standardError: 0.5774 }
 */
export function sampleMean(samples: Float64Array): SampleMean {
  const n = samples.length;
  const value = meanOf(samples);
  const variance = samples.reduce((sum, x) => sum + (x - value) ** 2, 0) / (n - 1);
  return { value, standardError: Math.sqrt(variance / n) };
}
