import { exactEstimate, type Estimate } from "../estimators/estimate.ts";
import type { Point } from "../problem/point.ts";
import type { Problem } from "../problem/problem.ts";
import type { RunContext } from "../util/run-context.ts";
import { sizeOf } from "../util/tensor.ts";
import { hasSingleExamples } from "./single-examples.ts";

/** Products that one output costs: two gradients of every example, each kept apart. */
const PRODUCTS_PER_OUTPUT = 4;

/** Products that probes take for tr G to two per cent, about. */
export const SAMPLED = 100;

/** Roundings that all terms may share. */
const COMMON = 32;

/** Whether tr G is had more cheaply from the gradients of every output of every example than from products of G. */
export function hasFewOutputs(problem: Problem, exactLimit: number): boolean {
  // It works in float64 behind the outputs, which WebGPU has not.
  if (!hasSingleExamples({ problem }) || problem.runtime.device === "webgpu") return false;
  const { dimension } = problem.space;
  const otherwise = dimension <= exactLimit ? dimension : SAMPLED;
  return PRODUCTS_PER_OUTPUT * sizeOf(problem.outputShape) <= otherwise;
}

/**
 * tr G = Σᵢ Σ_c ⟨Jᵢᵀe_c, JᵢᵀHᵢe_c⟩, Hᵢ the Hessian of the loss in the outputs of example i: exact up to rounding.
 *
 * Rounding: an inner product of n terms is off by √(n + 256) u of the product of the lengths, as a product of a
 * matrix is (`productRounding`), independently in each example; what is not, as the rounding of
 * logits far apart, is allowed {@link COMMON} u of all of them (measured on thirty trained networks: 12 at most).
 */
export async function traceByOutputs(
  problem: Problem,
  point: Point,
  confidence: number,
  context: RunContext,
): Promise<Estimate> {
  const { traces, sizes } = await point.exampleGaussNewtonTraces(context);
  const { divisor } = point.sample;
  const { precision, l2 } = problem.options;
  const { dimension } = problem.space;
  const unit = precision === "float32" ? 2 ** -24 : 2 ** -53;
  const sum = traces.reduce((total, x) => total + x, 0) / divisor;
  const size = sizes.reduce((total, x) => total + x, 0) / divisor;
  const independent = Math.sqrt(sizes.reduce((total, x) => total + x * x, 0)) / divisor;
  const rounding = unit * Math.hypot(Math.sqrt(dimension + 256) * independent, COMMON * size);
  const value = sum + l2 * dimension;
  return exactEstimate(value, rounding, 0, "exact, from the gradients of every output", confidence);
}
