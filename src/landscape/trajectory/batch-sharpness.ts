import { exactEstimate } from "../../estimators/estimate.ts";
import { skewedMeanInterval } from "../../estimators/sampling-interval.ts";
import { dot } from "../../linalg/vector.ts";
import { hessianProduct } from "../../problem/derivatives.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { EstimateResult } from "../../result/estimates.ts";
import type { RunContext } from "../../util/run-context.ts";

/**
 * Batch sharpness: E g_Bᵀ H_B g_B / ‖g_B‖² over random mini-batches B, each the curvature of its own loss along its own
 * gradient (Andreyev & Beneventano 2024, arXiv 2412.20553: under mini-batch SGD it is this that settles at 2/η, and λmax
 * stays below). Batches hold `size` different examples, drawn uniformly; their number is fixed beforehand, so that the
 * interval (Hall 1992, for skewed samples) holds. With all examples in a batch it is gᵀHg/‖g‖², and exact.
 *
 * Cost: one gradient and one product on `size` examples, for each batch.
 *
 * @returns undefined where every batch has the gradient 0, or the time was up before the third
 */
export async function batchSharpness(
  problem: Problem,
  theta: Float64Array,
  { size, batches }: { readonly size: number; readonly batches: number },
  random: RandomStream,
  context: RunContext,
): Promise<BatchSharpness | undefined> {
  const { examples } = problem;
  const isWhole = size >= examples;
  const samples: Sample[] = [];
  for (let i = 0; i < (isWhole ? 1 : batches) && !(context.outOfTime?.() ?? false); i++) {
    const order = random.split(`batch ${i}`).permutation(examples);
    const chosen = isWhole ? undefined : Int32Array.from(order.subarray(0, size)).sort();
    const sample = await curvatureAlongGradient(problem, theta, chosen, context);
    if (sample.square > 0) samples.push(sample);
    context.progress?.({ stage: "batch sharpness", done: i + 1, total: batches });
  }
  if (samples.length < (isWhole ? 1 : LEAST)) return undefined;
  if (isWhole) {
    const exact = exactEstimate(samples[0].form / samples[0].square, 0, 1, "all examples in one batch", CONFIDENCE);
    return { plain: exact, weighted: exact };
  }
  const about = {
    products: samples.length,
    method: `over ${samples.length} random batches of ${size}`,
    converged: samples.length === batches,
  };
  return {
    plain: { ...estimateOf(samples.map(({ form, square }) => form / square)), ...about },
    weighted: { ...weightedOf(samples), ...about },
  };
}

const CONFIDENCE = 0.95;

/** Fewer samples have no interval. */
const LEAST = 3;

/** gᵀHg and ‖g‖² of a batch. */
interface Sample {
  readonly form: number;
  readonly square: number;
}

/** Both forms, from the same batches. */
export interface BatchSharpness {
  /** E (g_Bᵀ H_B g_B / ‖g_B‖²). */
  readonly plain: EstimateResult;
  /** E g_Bᵀ H_B g_B / E ‖g_B‖². */
  readonly weighted: EstimateResult;
}

function estimateOf(samples: readonly number[]) {
  const { mean, standardError, lower, upper } = skewedMeanInterval(samples, samples.length, CONFIDENCE);
  return { value: mean, standardError, interval: { lower, upper, confidence: CONFIDENCE } };
}

/** The ratio of two means R = ā/b̄, with the interval of the mean of (a − R b)/b̄ about it (linearised). */
function weightedOf(samples: readonly Sample[]) {
  const forms = samples.reduce((sum, { form }) => sum + form, 0) / samples.length;
  const squares = samples.reduce((sum, { square }) => sum + square, 0) / samples.length;
  const ratio = forms / squares;
  return estimateOf(samples.map(({ form, square }) => ratio + (form - ratio * square) / squares));
}

async function curvatureAlongGradient(
  problem: Problem,
  theta: Float64Array,
  examples: Int32Array | undefined,
  context: RunContext,
): Promise<Sample> {
  await using point = problem.at(theta, { examples });
  const gradient = await point.gradient(context);
  const square = dot(gradient, gradient);
  if (square === 0) return { form: 0, square };
  const [product] = await point.product(hessianProduct, [gradient], context);
  return { form: dot(gradient, product), square };
}
