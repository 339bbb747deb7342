import type { GradientSample } from "../../quantities/gradient-sample.ts";
import type { NoisePart } from "./noise-part.ts";
import {
  evidenceOfSlope,
  knowsTooLittle,
  meanSquareQuantile,
  noiseMoments,
  probabilityOfShorter,
  type NoiseMoments,
} from "./gradient-sample.ts";

/** Below this probability the examples are taken to be those that the weights were fitted to. */
const FITTED = 1e-3;

/** An interval that reaches further than this factor is a bound. */
const WIDEST = 1e3;

type CriticalBatchSize = NonNullable<NoisePart["criticalBatchSize"]>;

/**
 * tr Σ/‖∇L‖² of the population that the examples were drawn from, with its interval, and tr Σ/‖g‖² of these
 * examples alone.
 *
 * ‖g‖² of n examples is too long by tr Σ/n on average, so the first is tr Σ/(‖g‖² − tr Σ/n). Its interval inverts
 * a test: a size B is inside where ‖g‖² − tr S/n − tr S/B is no further from 0 than its law allows (see
 * `meanSquareQuantile`), as Fieller (1954) does for a ratio. Where a gradient of length zero is inside, the
 * interval is open above: a bound. The law needs examples that the weights have never seen; where the gradient
 * is shorter than any such examples would leave it, that is said (`about`: "sample"), and the number is that of
 * these examples, which has no sampling error.
 *
 * Where examples count unequally in the mean, Σ is that of a ratio (`Deviations`), and the bias of ‖g‖² has a second part
 * ({@link GradientSample.bias}).
 *
 * Where the examples know too little of their own scatter (`knowsTooLittle`), nothing is bounded of the population.
 *
 * @param confidence 0.95
 */
export function criticalBatchSize(sample: GradientSample, confidence: number): CriticalBatchSize {
  const { deviations, meanSquare, rounding, traceRounding } = sample;
  const n = deviations.length;
  const moments = noiseMoments(sample);
  const length = Math.sqrt(meanSquare);
  const off = traceRounding / moments.trace;
  const spread = (moments.trace * (n - 1)) / n;
  const own = {
    value: spread / meanSquare,
    lower: ((1 - off) * spread) / (length + rounding) ** 2,
    upper: length > rounding ? ((1 + off) * spread) / (length - rounding) ** 2 : Number.POSITIVE_INFINITY,
  };
  const excess = meanSquare - moments.excess / n;
  const population = excess > 0 ? moments.trace / excess : Number.POSITIVE_INFINITY;
  const common = { sample: own.value, population };
  if (probabilityOfShorter(sample, moments) < FITTED) {
    const interval = { lower: own.lower, upper: own.upper, confidence };
    return { ...common, about: "sample", value: own.value, standardError: 0, interval };
  }
  if (knowsTooLittle(sample)) {
    const interval = { lower: 0, upper: Number.POSITIVE_INFINITY, confidence };
    return { ...common, about: "population", value: population, standardError: Number.POSITIVE_INFINITY, interval };
  }
  const { least, most } = squaresInside(sample, moments, (1 - confidence) / 2);
  const lower = ((1 - off) * moments.trace) / most;
  const upper = least > 0 && most / least < WIDEST ? ((1 + off) * moments.trace) / least : Number.POSITIVE_INFINITY;
  // Half of the interval on the logarithmic scale, in the terms of a normal law.
  const standardError = Number.isFinite(upper) ? (population * Math.log(upper / lower)) / 3.92 : upper;
  return { ...common, about: "population", value: population, standardError, interval: { lower, upper, confidence } };
}

/** The least and the greatest ‖∇L‖² of the population that the sample does not rule out; ∞ where it bounds nothing. */
function squaresInside(sample: GradientSample, moments: NoiseMoments, tail: number): { least: number; most: number } {
  const { meanSquare, rounding } = sample;
  const bias = moments.excess / sample.deviations.length;
  const length = Math.sqrt(meanSquare);
  const longest = (length + rounding) ** 2 - bias;
  const shortest = Math.max(0, length - rounding) ** 2 - bias;
  // A mean that came out shorter than its bias counts as one without excess: the bound is then that of a typical sample.
  const start = Math.max(0, longest);
  const tooLong = (square: number) => start - square < meanSquareQuantile(sample, moments, tail, square);
  const tooShort = (square: number) => shortest - square > meanSquareQuantile(sample, moments, 1 - tail, square);
  let high = start + bias;
  for (let step = 0; step < 60 && !tooLong(high); step++) high *= 2;
  // Heavy tails may rule out no length at all.
  const most = tooLong(high) ? boundary(tooLong, start, high) : Number.POSITIVE_INFINITY;
  const least = tooShort(0) ? boundary((square) => !tooShort(square), 0, shortest) : 0;
  return { least, most };
}

/** Where a condition that does not hold at `low` begins to hold, by bisection. */
function boundary(holds: (x: number) => boolean, low: number, high: number): number {
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** What the sample says of ∇L being zero for the population. */
export interface SlopeEvidence {
  /** (‖g‖² − tr Σ/n)/√(2 tr Σ²/n²). */
  readonly excess: number;
  /** Whether ‖g‖² is above the upper quantile of what sampling alone gives. */
  readonly resolved: boolean;
  /** Whether it is shorter than examples that the weights have never seen would leave it. */
  readonly fitted: boolean;
  /** The length that ∇L of the population has at most, at the stated confidence. */
  readonly longest: number;
}

/** Undefined where the examples know too little of their own scatter, or there is none. */
export function slopeEvidence(sample: GradientSample, confidence: number): SlopeEvidence | undefined {
  const moments = noiseMoments(sample);
  if (!(moments.trace > 0)) return undefined;
  const fitted = probabilityOfShorter(sample, moments) < FITTED;
  if (!fitted && knowsTooLittle(sample)) return undefined;
  const { least, most } = squaresInside(sample, moments, (1 - confidence) / 2);
  return {
    excess: evidenceOfSlope(sample, moments),
    resolved: least > 0,
    fitted,
    longest: Math.sqrt(most),
  };
}
