import { leastNormal } from "../../problem/in-range.ts";
import type { PlainTerms } from "../../problem/losses/plain-terms.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { formatNumber } from "../../util/format-number.ts";
import type { Tensor } from "../../util/tensor.ts";
import { typicalSize } from "../../linalg/typical-size.ts";

/** A loss computed twice: by its definition from outputs, and by the graph. */
export interface LossPair {
  /** The number of each example in the data. */
  readonly examples: ArrayLike<number>;
  readonly plain: PlainTerms;
  /** ℓᵢ of the graph, undivided. */
  readonly losses: Float64Array;
  /** The share of right predictions, and the number of terms that it is of, as the problem counts them. */
  readonly accuracy: number | undefined;
  readonly terms: number;
  /**
   * The loss of the problem without its L2 term, what it divides by, how many examples are added up before float64, and what
   * the term leaves to rounding as it is taken off.
   */
  readonly whole?: {
    readonly value: number;
    readonly divisor: number;
    readonly batch: number;
    readonly rounding: number;
  };
}

/** The same once more where rounding has moved something: at other parameters, at outputs moved by a grain. */
export interface LossSample {
  readonly plain?: PlainTerms;
  /** What `plain` has moved from, where that is not the pair's. */
  readonly from?: PlainTerms;
  readonly losses?: Float64Array;
}

/** A comparison: it passes where `measured` ≤ `limit`. */
export interface Finding {
  readonly measured: number;
  readonly limit: number;
  /** What is wrong, where it does not pass. */
  readonly fault: string;
  /** Whether rounding leaves nothing to be told. */
  readonly unresolved: boolean;
}

/** How many times what the samples show is still rounding. */
const MARGIN = 16;

/** An example whose limit is more than this share of its loss, and of a typical one, shows nothing. */
const UNRESOLVED = 0.1;

/** Some units of the subnormal numbers, which kernels flush to 0: of float64 where rounding is finer than in float32. */
function flushed(roundoff: number): number {
  return 64 * leastNormal(roundoff < 2 ** -24 ? "float64" : "float32");
}

/** What a definition says of a loss and what a graph gives: example by example, the mean, the number of terms and of right predictions. */
export function compareLoss(pair: LossPair, samples: readonly LossSample[], roundoff: number): Finding[] {
  const { examples, plain, losses, accuracy, terms, whole } = pair;
  const missing = plain.losses.findIndex((x, i) => Number.isNaN(x) || Number.isNaN(losses[i]));
  if (missing >= 0) {
    const count = plain.losses.filter((x, i) => Number.isNaN(x) || Number.isNaN(losses[i])).length;
    const fault = `${count} of ${losses.length} examples have no loss, the first of them example ${examples[missing]}.`;
    return [{ measured: count / losses.length, limit: 0, fault, unresolved: false }];
  }
  const spread = new Float64Array(losses.length);
  for (const sample of samples) {
    if (sample.losses) widen(spread, sample.losses, losses);
    if (sample.plain) widen(spread, sample.plain.losses, (sample.from ?? plain).losses);
  }
  return [
    ofExamples(pair, spread, roundoff),
    ofTerms(plain, terms),
    ...(whole ? ofWhole(pair, whole, spread, roundoff) : []),
    ...(plain.margins === undefined && accuracy === undefined ? [] : [ofAccuracy(plain, accuracy, samples)]),
  ];
}

/** The one that is furthest beyond its limit, or nearest to it. */
export function worstOf(findings: readonly Finding[]): Finding {
  const ratio = ({ measured, limit }: Finding) => (measured === 0 ? 0 : measured / limit);
  return findings.reduce((a, b) => (ratio(b) > ratio(a) ? b : a));
}

/** Outputs moved by a grain: every number by a rounding up or down. */
export function movedByGrain(z: Tensor, roundoff: number, random: RandomStream): Tensor {
  const signs = random.rademacherVector(z.data.length);
  return {
    dtype: "float64",
    shape: z.shape,
    data: new Float64Array(z.data).map((x, i) => x * (1 + signs[i] * roundoff)),
  };
}

/** |a − b|; 0 for equal infinities, ∞ where only one is not finite. */
function gap(a: number, b: number): number {
  if (a === b) return 0;
  const distance = Math.abs(a - b);
  return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
}

/** Takes in how far numbers have moved, each by itself: that of a confident example says nothing of the others. */
function widen(spread: Float64Array, moved: Float64Array, home: Float64Array): void {
  for (let i = 0; i < spread.length; i++) spread[i] = Math.max(spread[i], gap(moved[i], home[i]));
}

function ofExamples({ examples, plain, losses }: LossPair, spread: Float64Array, roundoff: number): Finding {
  const size = typicalSize(plain.losses);
  let worst = { measured: 0, limit: MARGIN * roundoff, at: 0 };
  let unresolved = 0;
  losses.forEach((x, i) => {
    const limit = MARGIN * (roundoff * Math.abs(x) + spread[i]) + flushed(roundoff);
    const error = gap(plain.losses[i], x);
    if (limit > UNRESOLVED * Math.max(size, Math.abs(x))) unresolved++;
    if (error === 0 || limit === Number.POSITIVE_INFINITY) return;
    const beside = { measured: error / size, limit: limit / size, at: i };
    if (beside.measured * worst.limit > worst.measured * beside.limit) worst = beside;
  });
  const { measured, limit, at } = worst;
  return {
    measured,
    limit,
    unresolved: unresolved === losses.length,
    fault: `The loss of example ${examples[at]} is ${formatNumber(plain.losses[at], 9)} by its definition and ${formatNumber(losses[at], 9)} in the graph.`,
  };
}

function ofTerms({ counts }: PlainTerms, terms: number): Finding {
  const counted = counts.reduce((sum, x) => sum + x, 0);
  return {
    measured: Math.abs(counted - terms) / Math.max(counted, terms),
    limit: 0,
    unresolved: false,
    fault: `The labels make ${counted} terms, and the problem counts ${terms}.`,
  };
}

function ofWhole(
  { plain }: LossPair,
  { value, divisor, batch, rounding }: NonNullable<LossPair["whole"]>,
  spread: Float64Array,
  roundoff: number,
): Finding[] {
  const sum = plain.losses.reduce((total, x) => total + x, 0);
  const size = plain.losses.reduce((total, x) => total + Math.abs(x), 0);
  // An infinite loss has no mean to compare.
  if (!Number.isFinite(sum)) return [];
  const moved = spread.reduce((total, x) => total + x, 0);
  const allowed =
    (MARGIN + Math.sqrt(batch)) * roundoff * size +
    MARGIN * (moved + rounding * divisor) +
    flushed(roundoff) * plain.losses.length;
  const error = Math.abs(value * divisor - sum);
  const scale = size > 0 ? size : 1;
  return [
    {
      measured: error / scale,
      limit: allowed / scale,
      unresolved: false,
      fault: `The loss of all examples is ${formatNumber(sum / divisor, 9)} by its definition and ${formatNumber(value, 9)} in the problem.`,
    },
  ];
}

function ofAccuracy(
  { margins = new Float64Array(0) }: PlainTerms,
  accuracy: number | undefined,
  samples: readonly LossSample[],
): Finding {
  const spread = new Float64Array(margins.length);
  for (const { plain, from } of samples) {
    const home = from ? from.margins : margins;
    const moved = plain?.margins;
    if (!moved || home?.length !== moved.length) continue;
    moved.forEach((x, t) => (spread[t] = Math.max(spread[t], marginGap(x, home[t]))));
  }
  const right = margins.filter((margin) => margin > 0).length / margins.length;
  const undecided = margins.filter((margin, t) => !(Math.abs(margin) > MARGIN * spread[t])).length;
  return {
    measured: accuracy === undefined ? 1 : Math.abs(accuracy - right),
    // A share is a quotient, rounded.
    limit: undecided === 0 ? 0 : undecided / margins.length + 2 ** -52,
    unresolved: false,
    fault: `The share of right predictions is ${formatNumber(right, 9)} by their definition and ${accuracy === undefined ? "not given" : formatNumber(accuracy, 9)} in the problem.`,
  };
}

/** How far a margin has moved; one without end, as a probability of 0 has, is as clear as one that is only large. */
function marginGap(a: number, b: number): number {
  const isEndless = !Number.isFinite(a) || !Number.isFinite(b);
  return isEndless && Math.sign(a) === Math.sign(b) ? 0 : gap(a, b);
}
