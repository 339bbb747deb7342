import { exactEstimate } from "../../estimators/estimate.ts";
import { skewedMeanInterval } from "../../estimators/sampling-interval.ts";
import { norm2 } from "../../linalg/vector.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { EstimateResult } from "../../result/estimates.ts";
import type { RunContext } from "../../util/run-context.ts";
import { formatCount } from "../../util/format-size.ts";
import { curvatureAlong, type RayleighQuotient } from "./curvature-along.ts";

/**
 * Batch sharpness: E g_Bᵀ H_B g_B / ‖g_B‖² over random mini-batches B, each the curvature of its own loss along its own
 * gradient (Andreyev & Beneventano 2024, arXiv 2412.20553: under mini-batch SGD it is this that settles at 2/η, and λmax
 * stays below). Batches hold `size` different examples, drawn uniformly; their number is fixed beforehand, so that the
 * interval (Hall 1992, for skewed samples) holds. With all examples in a batch it is gᵀHg/‖g‖², and exact.
 *
 * A batch in which no label counts has no loss and no gradient, and is none of those that the mean is over.
 *
 * Cost: one gradient and one product on `size` examples, for each batch.
 *
 * @param rounding what rounding leaves of ‖g‖ over all examples: that of a batch is taken to be √(n/B) times as large
 * @returns undefined where the gradient of a batch is 0 or not told apart from its rounding, or the time was up before the
 *   third
 */
export async function batchSharpness(
  problem: Problem,
  theta: Float64Array,
  { size, batches, rounding }: { readonly size: number; readonly batches: number; readonly rounding: number },
  random: RandomStream,
  context: RunContext,
): Promise<BatchSharpness | undefined> {
  const { examples } = problem;
  const isWhole = size >= examples;
  const count = batchesDrawn({ size, batches, examples });
  // Each example once, in an order that is a sample where the time is up: nothing is left to chance.
  const each = size === 1 && count === examples ? random.split("order").permutation(examples) : undefined;
  const samples: Sample[] = [];
  let empty = 0;
  const blur = isWhole ? rounding : rounding * Math.sqrt(examples / size);
  for (let i = 0; i < count && !(context.outOfTime?.() ?? false); i++) {
    const order = each ? each.subarray(i) : random.split(`batch ${i}`).permutation(examples);
    const chosen = isWhole ? undefined : Int32Array.from(order.subarray(0, size)).sort();
    if (chosen && !problem.hasTerms(chosen)) {
      empty++;
      continue;
    }
    const sample = await curvatureAlongGradient(problem, theta, { examples: chosen, rounding: blur }, context);
    // A mean over those batches alone whose gradient is seen would be another mean.
    if (sample === undefined) return undefined;
    samples.push(sample);
    context.progress?.({ stage: "batch sharpness", done: i + 1, total: count });
  }
  if (samples.length < (isWhole ? 1 : LEAST)) return undefined;
  if (isWhole) {
    const [{ value, rounding: unsure }] = samples;
    const exact = exactEstimate(value, unsure, 1, "all examples in one batch", CONFIDENCE);
    return { plain: exact, weighted: exact };
  }
  const without = empty === 0 ? "" : `, without ${formatCount(empty)} in which no label counts`;
  if (each && samples.length + empty === examples) {
    const exact = ({ value, rounding: unsure }: RayleighQuotient) =>
      exactEstimate(value, unsure, samples.length, `over every example once${without}`, CONFIDENCE);
    return { plain: exact(plainMean(samples)), weighted: exact(weightedMean(samples)) };
  }
  const about = {
    products: samples.length,
    method: `over ${samples.length} random batches of ${size}${without}`,
    converged: samples.length + empty === count,
  };
  return {
    plain: { ...plainOf(samples), ...about },
    weighted: { ...weightedOf(samples), ...about },
  };
}

const CONFIDENCE = 0.95;

/** Examples in all batches together, at least. */
const DRAWN = 512;

/**
 * How many batches are taken: as many as are asked for, or more where they are small. The skewness of what is averaged
 * falls as 1/√B, and what it does to the interval of n batches as skewness/√n: so n·B is kept from being small. Batches of one
 * example are no more than the examples, and one batch is enough where it holds all.
 */
export function batchesDrawn({ size, batches, examples }: Drawn): number {
  if (size >= examples) return 1;
  const count = Math.max(batches, Math.ceil(DRAWN / size));
  return size === 1 ? Math.min(examples, count) : count;
}

interface Drawn {
  readonly size: number;
  readonly batches: number;
  readonly examples: number;
}

/** Fewer samples have no interval. */
const LEAST = 3;

/** gᵀHg/‖g‖² and ‖g‖² of a batch. */
interface Sample extends RayleighQuotient {
  readonly square: number;
}

/** Both forms, from the same batches. */
export interface BatchSharpness {
  /** E (g_Bᵀ H_B g_B / ‖g_B‖²). */
  readonly plain: EstimateResult;
  /** E g_Bᵀ H_B g_B / E ‖g_B‖². */
  readonly weighted: EstimateResult;
}

function estimateOf(samples: readonly number[], rounding: number) {
  const { mean, standardError, lower, upper } = skewedMeanInterval(samples, samples.length, CONFIDENCE);
  const interval = { lower: lower - rounding, upper: upper + rounding, confidence: CONFIDENCE };
  return { value: mean, standardError, rounding, interval };
}

function meanOf(samples: readonly Sample[], of: (sample: Sample) => number): number {
  return samples.reduce((sum, each) => sum + of(each), 0) / samples.length;
}

function plainMean(samples: readonly Sample[]): RayleighQuotient {
  return { value: meanOf(samples, ({ value }) => value), rounding: meanOf(samples, ({ rounding }) => rounding) };
}

function weightedMean(samples: readonly Sample[]): RayleighQuotient {
  const squares = meanOf(samples, ({ square }) => square);
  const weighted = (of: (sample: Sample) => number) => meanOf(samples, (each) => of(each) * each.square) / squares;
  return { value: weighted(({ value }) => value), rounding: weighted(({ rounding }) => rounding) };
}

function plainOf(samples: readonly Sample[]) {
  return estimateOf(
    samples.map(({ value }) => value),
    plainMean(samples).rounding,
  );
}

/** The ratio of two means R = ā/b̄, with the interval of the mean of (a − R b)/b̄ about it (linearised). */
function weightedOf(samples: readonly Sample[]) {
  const squares = meanOf(samples, ({ square }) => square);
  const { value: ratio, rounding } = weightedMean(samples);
  return estimateOf(
    samples.map(({ value, square }) => ratio + ((value - ratio) * square) / squares),
    rounding,
  );
}

async function curvatureAlongGradient(
  problem: Problem,
  theta: Float64Array,
  { examples, rounding }: { readonly examples: Int32Array | undefined; readonly rounding: number },
  context: RunContext,
): Promise<Sample | undefined> {
  await using point = problem.at(theta, { examples });
  const gradient = await point.gradient(context);
  const length = norm2(gradient);
  if (length === 0) return undefined;
  const [product] = await point.product(hessianProduct, [gradient], context);
  const quotient = curvatureAlong(gradient, product, rounding);
  return quotient && { ...quotient, square: length * length };
}
