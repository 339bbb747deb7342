import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import { ROUNDED_PRODUCTS } from "../../problem/derivatives/rounded.ts";
import type { Product } from "../../problem/derivatives/derivative.ts";
import type { Point } from "../../problem/point.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RunContext } from "../../util/run-context.ts";
import { needsOutputs } from "../gauss-newton.ts";
import { roundoffOf } from "./check.ts";

/** How many roundings of what a product adds up are laid to arithmetic. */
const ROUNDINGS = 64;

/** A number moved by a grain once stands for the few roundings that it has met. */
const GRAINS = 8;

/**
 * What rounding may do to a product of the Hessian or the Gauss–Newton matrix with v: some roundings of JᵀJv per term of
 * the loss, the size of what the product adds up. Where the loss is near its least value its curvature in the outputs is
 * what a cancellation leaves over (1 − p with p near 1), and the product is rounded as these are, not as the little
 * that is left. Beside it, what the product moves by where every number on the way is moved by a grain: where probabilities are
 * near 1 the cancellation is in the network, and J holds what is left of it.
 */
export async function outputRounding(
  problem: Problem,
  point: Point,
  v: Float64Array,
  context: RunContext,
  product: Product = hessianProduct,
): Promise<Float64Array> {
  const [plain] = await point.product(product, [v], context);
  const [moved] = await point.product(ROUNDED_PRODUCTS.get(product) ?? product, [v], context);
  const grains = moved;
  for (let i = 0; i < grains.length; i++) grains[i] = GRAINS * Math.abs(moved[i] - plain[i]);
  if (needsOutputs(problem) !== undefined) return grains;
  const change = await point.jacobianVector(v, context);
  const sum = await point.jacobianTransposed(change, context);
  const part = (ROUNDINGS * roundoffOf(problem.options.precision)) / point.sample.divisor;
  for (let i = 0; i < grains.length; i++) grains[i] += part * Math.abs(sum[i]);
  return grains;
}
