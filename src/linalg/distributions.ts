import { normalQuantile } from "./normal-quantile.ts";
import { betaI, gammaP } from "./special-functions.ts";

/** Φ(x), the standard normal distribution function. */
export function normalCdf(x: number): number {
  const tail = 0.5 * (1 - gammaP(0.5, (x * x) / 2));
  return x >= 0 ? 1 - tail : tail;
}

/** The distribution function of Student's t with ν degrees of freedom. */
export function studentTCdf(t: number, degrees: number): number {
  const tail = 0.5 * betaI(degrees / (degrees + t * t), degrees / 2, 0.5);
  return t >= 0 ? 1 - tail : tail;
}

/** The p-quantile of Student's t with ν degrees of freedom: `studentTQuantile(0.975, 10)` is 2.22814. */
export function studentTQuantile(p: number, degrees: number): number {
  if (p === 0.5) return 0;
  const upper = Math.max(p, 1 - p);
  const t = solve((x) => studentTCdf(x, degrees) - upper, 0, Number.POSITIVE_INFINITY, 1);
  return p > 0.5 ? t : -t;
}

/** The p-quantile of χ² with ν degrees of freedom (any ν > 0): `chiSquareQuantile(0.95, 1)` is 3.84146. */
export function chiSquareQuantile(p: number, degrees: number): number {
  if (p <= 0) return 0;
  return solve((x) => gammaP(degrees / 2, x / 2) - p, 0, Number.POSITIVE_INFINITY, degrees);
}

/** The p-quantile of the beta distribution with parameters a, b > 0. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  return solve((x) => betaI(x, a, b) - p, 0, 1, a / (a + b));
}

/**
 * The root of an increasing function by bisection, after doubling for the upper end where there is
 * none. Sixty-odd evaluations: quantiles are taken a few times a measurement.
 */
function solve(f: (x: number) => number, lower: number, upper: number, start: number): number {
  let low = lower;
  let high = upper;
  if (high === Number.POSITIVE_INFINITY) {
    high = start;
    while (f(high) < 0 && high < 1e300) {
      low = high;
      high *= 2;
    }
  }
  for (let step = 0; step < 200; step++) {
    // Quantiles near 0 spread over many orders of magnitude: geometric steps until both ends are alike.
    const middle =
      low > 0 && high > 4 * low
        ? Math.sqrt(low * high)
        : low === 0 && high > 1e-300 && step < 100
          ? high / 16
          : (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (f(middle) < 0) low = middle;
    else high = middle;
    if (high - low <= 2e-16 * high) break;
  }
  return (low + high) / 2;
}

/**
 * The p-quantile of the gamma law, shifted to mean 0, that has the given variance and third cumulant
 * (Pearson's type III; the normal law where the third is 0). It is exact for a centred χ², and close for the
 * sums of a normal and weighted χ² variables that squared lengths of sample means are.
 */
export function shiftedGammaQuantile(p: number, variance: number, thirdCumulant: number): number {
  if (variance <= 0) return 0;
  const deviation = Math.sqrt(variance);
  const skewness = thirdCumulant / deviation ** 3;
  if (Math.abs(skewness) < 1e-4) return deviation * normalQuantile(p);
  const degrees = 8 / skewness ** 2;
  const upper = skewness > 0 ? p : 1 - p;
  return (
    (Math.sign(skewness) * deviation * (quickChiSquareQuantile(upper, degrees) - degrees)) / Math.sqrt(2 * degrees)
  );
}

/** χ² quantile; beyond 60 degrees by Wilson & Hilferty (1931), good to 0.1 % of its spread there. */
export function quickChiSquareQuantile(p: number, degrees: number): number {
  if (degrees < 60) return chiSquareQuantile(p, degrees);
  const c = 2 / (9 * degrees);
  return degrees * (1 - c + normalQuantile(p) * Math.sqrt(c)) ** 3;
}
