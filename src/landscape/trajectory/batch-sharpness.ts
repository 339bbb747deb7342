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
): Promise<EstimateResult | undefined> {
  const { examples } = problem;
  const isWhole = size >= examples;
  const samples: number[] = [];
  for (let i = 0; i < (isWhole ? 1 : batches) && !(context.outOfTime?.() ?? false); i++) {
    const order = random.split(`batch ${i}`).permutation(examples);
    const chosen = isWhole ? undefined : Int32Array.from(order.subarray(0, size)).sort();
    const curvature = await curvatureAlongGradient(problem, theta, chosen, context);
    if (curvature !== undefined) samples.push(curvature);
    context.progress?.({ stage: "batch sharpness", done: i + 1, total: batches });
  }
  if (isWhole) return samples.length === 0 ? undefined : exactly(samples[0]);
  if (samples.length < 3) return undefined;
  const { mean, standardError, lower, upper } = skewedMeanInterval(samples, problem.space.dimension, CONFIDENCE);
  return {
    value: mean,
    standardError,
    products: samples.length,
    method: `mean over ${samples.length} random batches of ${size}`,
    interval: { lower, upper, confidence: CONFIDENCE },
    converged: samples.length === batches,
  };
}

const CONFIDENCE = 0.95;

async function curvatureAlongGradient(
  problem: Problem,
  theta: Float64Array,
  examples: Int32Array | undefined,
  context: RunContext,
): Promise<number | undefined> {
  await using point = problem.at(theta, { examples });
  const gradient = await point.gradient(context);
  const square = dot(gradient, gradient);
  if (square === 0) return undefined;
  const [product] = await point.product(hessianProduct, [gradient], context);
  return dot(gradient, product) / square;
}

function exactly(value: number): EstimateResult {
  return {
    value,
    standardError: 0,
    products: 1,
    method: "all examples in one batch",
    interval: { lower: value, upper: value, confidence: CONFIDENCE },
    converged: true,
  };
}
