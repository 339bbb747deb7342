import { exactEstimate } from "../../estimators/estimate.ts";
import { skewedMeanInterval } from "../../estimators/sampling-interval.ts";
import { norm2 } from "../../linalg/vector.ts";
import { hessianProduct } from "../../problem/derivatives.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { EstimateResult } from "../../result/estimates.ts";
import type { RunContext } from "../../util/run-context.ts";
import { curvatureAlong, type RayleighQuotient } from "./curvature-along.ts";

/**
 * Batch sharpness: E g_Bᵀ H_B g_B / ‖g_B‖² over random mini-batches B, each the curvature of its own loss along its own
 * gradient (Andreyev & Beneventano 2024, arXiv 2412.20553: under mini-batch SGD it is this that settles at 2/η, and λmax
 * stays below). Batches hold `size` different examples, drawn uniformly; their number is fixed beforehand, so that the
 * interval (Hall 1992, for skewed samples) holds. With all examples in a batch it is gᵀHg/‖g‖², and exact.
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
  const samples: Sample[] = [];
  const blur = isWhole ? rounding : rounding * Math.sqrt(examples / size);
  for (let i = 0; i < (isWhole ? 1 : batches) && !(context.outOfTime?.() ?? false); i++) {
    const order = random.split(`batch ${i}`).permutation(examples);
    const chosen = isWhole ? undefined : Int32Array.from(order.subarray(0, size)).sort();
    const sample = await curvatureAlongGradient(problem, theta, { examples: chosen, rounding: blur }, context);
    // A mean over those batches alone whose gradient is seen would be another mean.
    if (sample === undefined) return undefined;
    samples.push(sample);
    context.progress?.({ stage: "batch sharpness", done: i + 1, total: batches });
  }
  if (samples.length < (isWhole ? 1 : LEAST)) return undefined;
  if (isWhole) {
    const [{ value, rounding: unsure }] = samples;
    const exact = exactEstimate(value, unsure, 1, "all examples in one batch", CONFIDENCE);
    return { plain: exact, weighted: exact };
  }
  const about = {
    products: samples.length,
    method: `over ${samples.length} random batches of ${size}`,
    converged: samples.length === batches,
  };
  return {
    plain: { ...plainOf(samples), ...about },
    weighted: { ...weightedOf(samples), ...about },
  };
}

const CONFIDENCE = 0.95;

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

function plainOf(samples: readonly Sample[]) {
  return estimateOf(
    samples.map(({ value }) => value),
    samples.reduce((sum, { rounding }) => sum + rounding, 0) / samples.length,
  );
}

/** The ratio of two means R = ā/b̄, with the interval of the mean of (a − R b)/b̄ about it (linearised). */
function weightedOf(samples: readonly Sample[]) {
  const mean = (of: (sample: Sample) => number) => samples.reduce((sum, each) => sum + of(each), 0) / samples.length;
  const squares = mean(({ square }) => square);
  const ratio = mean(({ value, square }) => value * square) / squares;
  return estimateOf(
    samples.map(({ value, square }) => ratio + ((value - ratio) * square) / squares),
    mean(({ rounding, square }) => rounding * square) / squares,
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
