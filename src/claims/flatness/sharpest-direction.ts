import { extremalEigenpairs } from "../../estimators/extremal-eigenpairs.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import type { Problem } from "../../problem/problem.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import type { ClaimDesk } from "../claim/define-claim.ts";

/**
 * The largest eigenvalue of the Hessian of a network at its weights, with its eigenvector.
 *
 * @throws input error `curves-down` where no eigenvalue is positive
 */
export async function sharpestDirection(
  { point, options, preferredBlock }: Problem,
  { random, context }: ClaimDesk,
): Promise<{ readonly value: number; readonly vector: Float64Array }> {
  const { top } = await extremalEigenpairs(
    {
      dimension: point.dimension,
      symmetric: true,
      precision: options.precision,
      preferredBlock,
      name: "the Hessian",
      apply: (block) => point.product(hessianProduct, block, context),
    },
    { largest: 1, vectors: true },
    random.split("sharpest direction"),
    context,
  );
  const [{ value, vector }] = top;
  if (value > 0 && vector !== undefined) return { value, vector };
  throw new ThalwegError({
    kind: "input",
    code: "curves-down",
    message: "The loss curves upwards in no direction at these weights, so that no direction is the sharpest.",
    hint: "Give a network that was trained for some steps.",
  });
}
