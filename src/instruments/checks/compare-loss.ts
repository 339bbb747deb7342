import { compareOutput } from "../../linalg/compare-outputs.ts";
import type { OutputKind } from "../../problem/losses/output-kind.ts";
import type { PlainTerms } from "../../problem/losses/plain-terms.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { formatNumber } from "../../util/format-number.ts";
import type { Tensor } from "../../util/tensor.ts";

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
  /** The loss of the problem without its L2 term, what it divides by, and how many examples are added up before float64. */
  readonly whole?: { readonly value: number; readonly divisor: number; readonly batch: number };
}

/** The same once more where rounding has moved something: at other parameters, at outputs moved by a grain. */
export interface LossSample {
  readonly plain?: PlainTerms;
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

/** How many times what the samples show is still rounding, as in `compareOutput`. */
const MARGIN = 16;

/** What a definition says of a loss and what a graph gives: example by example, the mean, the number of terms and of right predictions. */
export function compareLoss(pair: LossPair, samples: readonly LossSample[], roundoff: number): Finding[] {
  const { examples, plain, losses, accuracy, terms, whole } = pair;
  const missing = plain.losses.findIndex((x, i) => Number.isNaN(x) || Number.isNaN(losses[i]));
  if (missing >= 0) {
    const count = plain.losses.filter((x, i) => Number.isNaN(x) || Number.isNaN(losses[i])).length;
    const fault = `${count} of ${losses.length} examples have no loss, the first of them example ${examples[missing]}.`;
    return [{ measured: count / losses.length, limit: 0, fault, unresolved: false }];
  }
  const shifted = samples.flatMap((sample) => [
    ...(sample.losses ? [sample.losses] : []),
    // As far from the graph's as a moved definition is from the definition.
    ...(sample.plain ? [sample.plain.losses.map((x, i) => losses[i] + apart(x, plain.losses[i]))] : []),
  ]);
  return [
    ofExamples(pair, shifted, roundoff),
    ofTerms(plain, terms),
    ...(whole ? ofWhole(pair, whole, shifted, roundoff) : []),
    ...(plain.margins === undefined && accuracy === undefined ? [] : [ofAccuracy(plain, accuracy, samples)]),
  ];
}

/** The one that is furthest beyond its limit, or nearest to it. */
export function worstOf(findings: readonly Finding[]): Finding {
  const ratio = ({ measured, limit }: Finding) => (measured === 0 ? 0 : measured / limit);
  return findings.reduce((a, b) => (ratio(b) > ratio(a) ? b : a));
}

/** Outputs moved by a grain: probabilities by one of 1, since 1 − p is as good a number as p and kernels give neither better. */
export function movedByGrain(z: Tensor, kind: OutputKind | undefined, roundoff: number, random: RandomStream): Tensor {
  const signs = random.rademacherVector(z.data.length);
  const data = Float64Array.from(z.data, (x, i) =>
    kind === "probabilities"
      ? Math.min(Math.abs(x + signs[i] * roundoff), Math.max(1, x))
      : x * (1 + signs[i] * roundoff),
  );
  return { dtype: "float64", shape: z.shape, data };
}

function apart(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function ofExamples(
  { examples, plain, losses }: LossPair,
  samples: readonly Float64Array[],
  roundoff: number,
): Finding {
  const pair = { name: "loss", shape: [losses.length], file: plain.losses, imported: losses };
  const { position, file, imported, measured, limit, unresolved, elements } = compareOutput(pair, samples, roundoff);
  return {
    measured,
    limit,
    unresolved: unresolved === elements,
    fault: `The loss of example ${examples[position[0]]} is ${formatNumber(file, 9)} by its definition and ${formatNumber(imported, 9)} in the graph.`,
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
  { plain, losses }: LossPair,
  { value, divisor, batch }: NonNullable<LossPair["whole"]>,
  samples: readonly Float64Array[],
  roundoff: number,
): Finding[] {
  const sum = plain.losses.reduce((total, x) => total + x, 0);
  const size = plain.losses.reduce((total, x) => total + Math.abs(x), 0);
  // An infinite loss has no mean to compare.
  if (!Number.isFinite(sum)) return [];
  const spread = losses.reduce(
    (total, x, i) => total + Math.max(0, ...samples.map((sample) => Math.abs(apart(sample[i], x)))),
    0,
  );
  const allowed = (MARGIN + Math.sqrt(batch)) * roundoff * size + MARGIN * spread;
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
  const moves = samples.flatMap(({ plain }) => (plain?.margins?.length === margins.length ? [plain.margins] : []));
  const spread = margins.map((margin, t) => Math.max(0, ...moves.map((moved) => Math.abs(apart(moved[t], margin)))));
  const typical = Math.sqrt(spread.reduce((sum, x) => sum + (Number.isFinite(x) ? x * x : 0), 0) / margins.length);
  const right = margins.filter((margin) => margin > 0).length / margins.length;
  const undecided = margins.filter((margin, t) => !(Math.abs(margin) > MARGIN * Math.max(spread[t], typical))).length;
  return {
    measured: accuracy === undefined ? 1 : Math.abs(accuracy - right),
    // A share is a quotient, rounded.
    limit: undecided === 0 ? 0 : undecided / margins.length + 2 ** -52,
    unresolved: false,
    fault: `The share of right predictions is ${formatNumber(right, 9)} by their definition and ${accuracy === undefined ? "not given" : formatNumber(accuracy, 9)} in the problem.`,
  };
}
