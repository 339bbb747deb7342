import { goeDensity } from "./goe-density.ts";

/** f(0), f′(0), f″(0) of a covariance ⟨φ(x)φ(y)⟩ = N f(|x − y|²/2N). */
export interface CovarianceAtZero {
  readonly value: number;
  readonly slope: number;
  readonly curvature: number;
}

/** Mean eigenvalue over height ε at a point that was not chosen: f′/f. */
export function slopeAnywhere({ value, slope }: CovarianceAtZero): number {
  return slope / value;
}

/** The same at critical points as N → ∞: 2f′f″/(f f″ + f′²) (Bray & Dean 2007). */
export function slopeOfMany({ value, slope, curvature }: CovarianceAtZero): number {
  return (2 * slope * curvature) / (value * curvature + slope * slope);
}

/**
 * The regression of the mean eigenvalue m on ε at critical points of N dimensions. H = m + a traceless part that knows of neither, so that the
 * weight |det H| of critical points (Kac 1943, Rice 1945) leaves ε = bm + what does not depend on m, b = f′/(f″(1 + 2/N)), and makes
 * ⟨m²⟩ = f″μ of f″(1/N + 2/N²). μ by the density of N + 1 eigenvalues ({@link goeDensity}).
 *
 * Cost: that of the density. Of N = 2, f = 1/(1 + x), it is −1.63098, of N → ∞ {@link slopeOfMany}.
 *
 * @example
 * slopeAtCritical({ value: 1, slope: -1, curvature: 2 }, 2); // -1.63098
 */
export function slopeAtCritical({ value, slope, curvature }: CovarianceAtZero, n: number): number {
  const { at, values } = goeDensity(n + 1);
  let [total, square] = [0, 0];
  at.forEach((y, i) => {
    const weight = values[i] * Math.exp((-y * y) / 2);
    total += weight;
    square += weight * y * y;
  });
  // ⟨x²⟩ of the shift x of a GOE matrix, variance 1/N before the weight, then of m, of which x is N/(N + 2) and noise.
  const shift = ((2 / n) * square) / total;
  const mean = curvature * (shift - 2 / (n * (n + 2))) * ((n + 2) / n) ** 2;
  const b = slope / (curvature * (1 + 2 / n));
  const rest = value / n - (b * slope) / n;
  return (b * mean) / (b * b * mean + rest);
}
