import { shiftedGammaQuantile, studentTQuantile } from "../../linalg/distributions.ts";
import { normalQuantile } from "../../linalg/normal-quantile.ts";
import type { GradientSample } from "../../quantities/gradient-sample.ts";

/** Moments of the population's Σ. */
export interface NoiseMoments {
  /** tr Σ, without bias: Σᵢ‖dᵢ‖²/(n − 1), dᵢ = gᵢ − ḡ where all examples count alike (`Deviations`). */
  readonly trace: number;
  /** By what ‖g‖² of n examples is too long on average, times n: tr Σ where all count alike. */
  readonly excess: number;
  /** tr Σ², without bias. */
  readonly square: number;
  /** tr Σ³, from the leading eigenvalues and, for the rest, the least that its first two moments allow. */
  readonly cube: number;
}

/** Fewer examples know too little of their own scatter for an interval. */
const FEWEST_EXAMPLES = 10;

/** Of tr Σ from the examples: the relative variance from which on it is not known, and that from which on the largest sixth is looked at. */
const UNKNOWN = 0.1;
const DOUBTFUL = 0.02;

/**
 * Of one ‖gᵢ − ḡ‖²: the relative variance from which on the very largest are looked at. It is 2 tr Σ²/(tr Σ)² of normal gradients, and
 * no more than 2.
 */
const SCATTERED = 4;

/**
 * Whether the examples know too little of their own scatter for an interval: there are few, or few carry it. tr Σ is the mean of
 * dᵢ = ‖gᵢ − ḡ‖², with the relative variance v/n, v = n Σd²/(Σd)² − 1; and where the tail of d falls no faster than d⁻² (Hill 1975,
 * with what so few examples leave of his index), that variance is not one of the population: what lies further out than any of
 * these examples may carry most of it. The tail is that of the largest sixth, and of many examples that of so few of the largest that
 * none of the bulk is among them.
 */
export function knowsTooLittle({ deviations }: GradientSample): boolean {
  const n = deviations.length;
  if (n < FEWEST_EXAMPLES) return true;
  const sorted = deviations.toSorted().reverse();
  // Relative to the largest: squares of small ones leave the range of numbers.
  const shares = sorted.map((d) => d / sorted[0]);
  const sum = shares.reduce((total, d) => total + d, 0);
  const variance = shares.reduce((total, d) => total + d * d, 0) / sum ** 2 - 1 / n;
  if (variance > UNKNOWN) return true;
  const sixth = Math.max(3, Math.ceil(n / 6));
  if (variance > DOUBTFUL && tailIndex(shares, sixth) < 2 + 10 / n) return true;
  const few = Math.min(sixth, Math.max(12, Math.ceil(Math.sqrt(n) / 2)));
  // Hill's index of so few has the standard error 1/√few of itself; half of it is allowed.
  return variance > SCATTERED / n && tailIndex(shares, few) < 2 + 1 / Math.sqrt(few);
}

/** α of a tail P(d > x) ~ x^{−α}, from the k largest, descending (Hill 1975). */
function tailIndex(descending: Float64Array, k: number): number {
  return k / descending.subarray(0, k).reduce((total, d) => total + Math.log(d / descending[k]), 0);
}

/**
 * tr Σ, tr Σ² and tr Σ³ of the population. tr S² is too large for tr Σ² by about (tr Σ)²/n, which is most of it
 * where the noise fills more than n directions; the estimator without that bias, whatever the law of the
 * gradients, is
 *
 *   (n − 1)/(n(n − 2)(n − 3)) {(n − 1)(n − 2) tr S² + (tr S)² − n Q},   Q = Σᵢ‖gᵢ − ḡ‖⁴/(n − 1)
 *
 * Source: Himeno & Yamada 2014, J. Multivariate Analysis 130, 27. It is held between the least and the most that
 * a matrix of this trace can have, (tr Σ)²/dimension and (tr Σ)².
 */
export function noiseMoments({ deviations, bias, top, traceOfSquare, dimension }: GradientSample): NoiseMoments {
  const n = deviations.length;
  const total = deviations.reduce((sum, x) => sum + x, 0);
  const trace = total / (n - 1);
  const fourth = deviations.reduce((sum, x) => sum + x * x, 0) / (n - 1);
  // Fewer than four examples leave it open.
  const unbiased =
    n < 4
      ? trace ** 2
      : ((n - 1) / (n * (n - 2) * (n - 3))) * ((n - 1) * (n - 2) * traceOfSquare + trace ** 2 - n * fourth);
  const square = Math.min(Math.max(unbiased, trace ** 2 / dimension), trace ** 2);
  let [cube, restTrace, restSquare] = [0, trace, square];
  for (const value of top) {
    if (value <= 0 || value > restTrace || value ** 2 > restSquare) break;
    cube += value ** 3;
    restTrace -= value;
    restSquare -= value ** 2;
  }
  if (restTrace > 0) cube += restSquare ** 2 / restTrace;
  return { trace, excess: trace + bias, square, cube: Math.min(cube, square ** 1.5) };
}

/**
 * The p-quantile of ‖g‖² − tr S/n − m² tr S/tr Σ when the population's gradient has the squared length m²: its
 * mean is 0, and the factor lets the error of the trace in.
 *
 * g = μ + e with e of covariance Σ/n: ‖g‖² is ‖μ‖² + 2μᵀe + ‖e‖². The linear part has the variance of the
 * examples' own 2μᵀ(gᵢ − μ), μ along g; ‖e‖² has the variance 2 tr Σ²/n² and the third cumulant 8 tr Σ³/n³. The variance itself
 * is that of n examples: of kurtosis κ, it is known as that of 2n/(κ − 1) normal ones is, and the quantile is Student's beside
 * the normal one as much wider.
 */
export function meanSquareQuantile(sample: GradientSample, moments: NoiseMoments, p: number, square: number): number {
  const { deviations, along, meanSquare } = sample;
  const n = deviations.length;
  const centre = (moments.trace * (n - 1)) / n;
  const towards = meanSquare > 0 ? 2 * Math.sqrt(square / meanSquare) : 0;
  const ofTrace = square / moments.trace;
  let [variance, third, fourth, alongVariance] = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const influence = towards * along[i] - ofTrace * (deviations[i] - centre);
    // No powers: a bisection goes through all examples a hundred times, and V8 takes a power for thirty products.
    const squared = influence * influence;
    variance += squared / n;
    third += (squared * influence) / n;
    fourth += (squared * squared) / n;
    alongVariance += (along[i] * along[i]) / n;
  }
  const stretch = meanSquare > 0 ? alongVariance / meanSquare : 0;
  const kurtosis = variance > 0 ? fourth / variance ** 2 : 3;
  const degrees = Math.max(1, (2 * n) / (kurtosis - 1) - 1);
  const wider = p === 0.5 ? 1 : studentTQuantile(p, degrees) / normalQuantile(p);
  const quantile = shiftedGammaQuantile(
    p,
    variance / n + (2 * moments.square) / n ** 2,
    third / n ** 2 + (8 * moments.cube) / n ** 3 + (24 * square * stretch ** 2) / n ** 2,
  );
  return wider * quantile;
}

/** How many standard errors ‖g‖² lies above what sampling alone gives: (‖g‖² − tr Σ/n)/√(2 tr Σ²/n²), with the bias of a ratio. */
export function evidenceOfSlope({ deviations, meanSquare }: GradientSample, moments: NoiseMoments): number {
  const n = deviations.length;
  return (meanSquare - moments.excess / n) / Math.sqrt((2 * moments.square) / n ** 2);
}

/**
 * A bound of the probability that the mean of n examples the weights have never seen has a gradient as short as
 * this. Σᵢ wᵢχ²₁ ≤ x has at most the probability min over s > 0 of e^{sx} Π (1 + 2s wᵢ)^{−1/2} (Chernoff), w the
 * eigenvalues of Σ/n; those that are not known are taken as few and large as their sum allows.
 */
export function probabilityOfShorter(sample: GradientSample, moments: NoiseMoments): number {
  const n = sample.deviations.length;
  const weights = sample.top.filter((value) => value > 0).map((value) => value / n);
  const known = weights.reduce((sum, w) => sum + w, 0);
  const least = weights[weights.length - 1];
  if (least === undefined) return 1;
  const more = Math.max(0, moments.trace / n - known) / least;
  const logarithm = (s: number) =>
    s * sample.meanSquare -
    0.5 * weights.reduce((sum, w) => sum + Math.log1p(2 * s * w), 0) -
    0.5 * more * Math.log1p(2 * s * least);
  let best = 0;
  for (let power = -4; power <= 16; power += 0.05) best = Math.min(best, logarithm(10 ** power / weights[0]));
  return Math.exp(best);
}
