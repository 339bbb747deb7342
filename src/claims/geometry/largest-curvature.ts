import { extremalEigenpairs } from "../../estimators/extremal-eigenpairs.ts";
import { productOperator } from "../../operators/problem-operators.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import type { Point } from "../../problem/point.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import type { ClaimDesk } from "../claim/define-claim.ts";

/** λmax of a Hessian, its residual and its vector. */
export interface LargestCurvature {
  readonly value: number;
  readonly residual: number;
  readonly vector: Float64Array;
}

/**
 * The largest curvature of a network's loss. Cost: about fifty products.
 *
 * @throws input error `no-positive-curvature` where it is not above its residual
 */
export async function largestCurvature(point: Point, { random, context }: ClaimDesk): Promise<LargestCurvature> {
  const hessian = productOperator(point, hessianProduct, context);
  const { top } = await extremalEigenpairs(hessian, { largest: 1, vectors: true }, random, context);
  const [{ value, residual, vector }] = top;
  if (vector === undefined || !(value > residual))
    throw new ThalwegError({
      kind: "input",
      code: "no-positive-curvature",
      message: "No curvature at these weights is known to be positive, so that no step size is bounded by one.",
      hint: "The claim is about places where the loss curves up in some direction.",
    });
  return { value, residual, vector };
}
