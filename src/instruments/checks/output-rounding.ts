import type { Point } from "../../problem/point.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RunContext } from "../../util/run-context.ts";
import { needsOutputs } from "../gauss-newton.ts";
import { roundoffOf } from "./check.ts";

/** How many roundings of what a product adds up are laid to arithmetic. */
const ROUNDINGS = 64;

/**
 * What rounding may do to a product of the Hessian or the Gauss–Newton matrix with v: some roundings of JᵀJv per term of
 * the loss, the size of what the product adds up. Where the loss is near its least value its curvature in the outputs is
 * what a cancellation leaves over (1 − p with p near 1), and the product is rounded as these are, not as the little
 * that is left. Zero where the outputs are not known.
 */
export async function outputRounding(
  problem: Problem,
  point: Point,
  v: Float64Array,
  context: RunContext,
): Promise<Float64Array> {
  if (needsOutputs(problem) !== undefined) return new Float64Array(v.length);
  const change = await point.jacobianVector(v, context);
  const sum = await point.jacobianTransposed(change, context);
  const part = (ROUNDINGS * roundoffOf(problem.options.precision)) / point.sample.divisor;
  return sum.map((x) => part * x);
}
