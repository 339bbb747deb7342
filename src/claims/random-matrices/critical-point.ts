import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { denseOperator } from "../../operators/dense-operator.ts";
import type { Objective } from "../../optimizers/objective.ts";
import type { Ground } from "../../dynamics/critical/ground.ts";
import { levenbergMarquardt } from "../../dynamics/critical/levenberg-marquardt.ts";
import type { RunContext } from "../../util/run-context.ts";

/** A random function whose Hessian is at hand as a matrix. */
export interface RandomFunction extends Objective {
  /** n × n, row-major. */
  hessian(x: Float64Array): Float64Array;
}

/** A point without slope. */
interface CriticalPoint {
  readonly at: Float64Array;
  readonly value: number;
  /** Of the Hessian, ascending. */
  readonly curvatures: Float64Array;
}

/** Most steps of a search; those that arrive take about 20. */
const LIMITS = { steps: 200, tolerance: 1e-10 };

/**
 * A critical point of any index, looked for from a start as `thalweg critical` does in a network: Levenberg–Marquardt on ∇f = 0.
 *
 * @returns undefined where the search ended in a place where ‖∇f‖² has a minimum that is not 0
 */
export async function criticalPointFrom(
  f: RandomFunction,
  start: Float64Array,
  context: RunContext,
): Promise<CriticalPoint | undefined> {
  const { end, theta } = await levenbergMarquardt.search(groundOf(f), start, LIMITS, context);
  if (end !== "critical") return undefined;
  const { values } = symmetricEigen(f.hessian(theta), f.dimension, false);
  return { at: theta, value: f.value(theta), curvatures: values };
}

/** A function as those look at it who search for critical points and sort them. */
export function groundOf(f: RandomFunction): Ground {
  return {
    dimension: f.dimension,
    at: (theta, look) =>
      look({
        value: async () => f.value(theta),
        async gradient() {
          const slope = new Float64Array(f.dimension);
          f.gradient(theta, slope);
          return slope;
        },
        get hessian() {
          return denseOperator(f.hessian(theta), f.dimension);
        },
      }),
  };
}
