import { denseMatrix } from "../../estimators/exact-spectrum.ts";
import { countProducts } from "../../estimators/products.ts";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { productOperator } from "../../operators/problem-operators.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RunContext } from "../../util/run-context.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";

/** Parameters whose whole Hessian is looked at: 128 MB of it. */
const MOST = 4000;

/** All curvatures of a loss at a place, ascending, and their directions. */
interface Curvatures {
  readonly values: Float64Array;
  readonly vectors: readonly Float64Array[];
}

/**
 * All eigenvalues of the Hessian of a network's loss. Cost: a product for each parameter and n³ flops.
 *
 * @throws input error `too-many-parameters` where there are more than 4000
 */
export async function networkCurvatures(
  problem: Problem,
  theta: Float64Array,
  context: RunContext,
): Promise<Curvatures> {
  const { dimension } = problem.space;
  if (dimension > MOST)
    throw new ThalwegError({
      kind: "input",
      code: "too-many-parameters",
      message: `The claim is about all curvatures, which are looked at for up to ${MOST} parameters, but the network has ${dimension}.`,
      hint: "--params chooses some of them; `thalweg spectrum` estimates the spectrum of larger networks.",
    });
  await using point = problem.at(theta);
  const { matrix } = await denseMatrix(
    countProducts(productOperator(point, hessianProduct, context), context),
    "Hessian",
  );
  const { values, vectors } = symmetricEigen(matrix, dimension, true);
  return { values, vectors };
}

/** The largest curvature in size at the weights that a network has. Cost: as {@link networkCurvatures}. */
export async function largestSize(problem: Problem, context: RunContext): Promise<number> {
  const { values } = await networkCurvatures(problem, problem.point.parameters, context);
  return Math.max(values[values.length - 1], -values[0]);
}
