import { studentTQuantile } from "../linalg/distributions.ts";
import { normalQuantile } from "../linalg/normal-quantile.ts";

/** Fewest probes from which a calibrated interval is claimed. */
export const MIN_PROBES = 12;

/** A sample mean with its standard error and the interval of the mean. */
export interface MeanInterval {
  readonly mean: number;
  readonly standardError: number;
  readonly lower: number;
  readonly upper: number;
}

const NOTHING_TO_SAMPLE: MeanInterval = { mean: 0, standardError: 0, lower: 0, upper: 0 };

/** What no sample tells: not 0 but not a number, and an interval that excludes nothing. */
const NOTHING_KNOWN: MeanInterval = {
  mean: Number.NaN,
  standardError: Number.POSITIVE_INFINITY,
  lower: Number.NEGATIVE_INFINITY,
  upper: Number.POSITIVE_INFINITY,
};

/**
 * The mean of quadratic forms zᵀBz, z uniform on the sphere of squared radius d in d dimensions, with
 * its interval. The variance of one form is 2d/(d+2) (tr B² − tr(B)²/d), and tr B² = E‖Bz‖² comes with
 * the same products, far less noisy than a sample variance and hardly correlated with the mean: so the
 * normal quantile is calibrated from a dozen probes on, even for B of rank one, where the interval from
 * Student's t and the sample variance covers 88 % instead of 95 %.
 */
export function quadraticFormInterval(
  forms: readonly number[],
  squares: readonly number[],
  d: number,
  confidence: number,
): MeanInterval & { readonly square: number } {
  const n = forms.length;
  if (d === 0) return { ...NOTHING_TO_SAMPLE, square: 0 };
  if (n === 0) return { ...NOTHING_KNOWN, square: 0 };
  const square = average(squares);
  const mean = average(forms);
  // Squares of numbers so small are no floats, and say nothing of the variance.
  if (square < Number.MIN_VALUE / Number.EPSILON && forms.some((form) => form !== 0))
    return { ...NOTHING_KNOWN, mean, square };
  const variance = ((2 * d) / (d + 2)) * Math.max(0, square - (mean * mean) / d);
  const standardError = Math.sqrt(variance / n);
  const p = 0.5 + confidence / 2;
  const width = standardError * (n >= MIN_PROBES ? normalQuantile(p) : studentTQuantile(p, Math.max(1, n - 1)));
  return { mean, standardError, lower: mean - width, upper: mean + width, square };
}

/**
 * The mean of skewed samples of a d-dimensional rest with the interval of Hall (1992, JRSS B 54, 221): Student's ratio is made
 * symmetric by the monotone cubic g(t) = t + at²/3 + a²t³/27 + a/6, a = skewness/√n, before the
 * quantile is applied. The quantile is that of (n − 1)/2 degrees of freedom: the sample variance of
 * forms with excess kurtosis 2 is that uncertain (Var s² = σ⁴(2/(n − 1) + κ/n)).
 */
export function skewedMeanInterval(samples: readonly number[], d: number, confidence: number): MeanInterval {
  const n = samples.length;
  if (d === 0) return NOTHING_TO_SAMPLE;
  if (n < 3) return NOTHING_KNOWN;
  const mean = average(samples);
  // In units of the largest deviation: the cubes of numbers of any other size may be none.
  const unit = samples.reduce((most, x) => Math.max(most, Math.abs(x - mean)), 0);
  if (unit === 0) return { mean, standardError: 0, lower: mean, upper: mean };
  const deviations = samples.map((x) => (x - mean) / unit);
  const second = average(deviations.map((x) => x ** 2));
  const third = average(deviations.map((x) => x ** 3));
  const standardError = unit * Math.sqrt(second / (n - 1));
  const a = third / second ** 1.5 / Math.sqrt(n);
  const q = studentTQuantile(0.5 + confidence / 2, (n - 1) / 2);
  const inverse = withoutSkewness(a);
  return { mean, standardError, lower: mean - standardError * inverse(q), upper: mean - standardError * inverse(-q) };
}

/** The inverse of Hall's cubic g for a = skewness/√n: the ratio of a skewed sample that goes with Student's. */
export function withoutSkewness(a: number): (y: number) => number {
  return (y) => (Math.abs(a) < 1e-8 ? y : (3 / a) * (Math.cbrt(1 + a * (y - a / 6)) - 1));
}

function average(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}
