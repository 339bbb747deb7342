import { denseMatrix } from "../../estimators/exact-spectrum.ts";
import { countProducts } from "../../estimators/products.ts";
import { norm2 } from "../../linalg/vector.ts";
import type { LinearOperator } from "../../operators/linear-operator.ts";
import { productOperator } from "../../operators/problem-operators.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RunContext } from "../../util/run-context.ts";

/** A function whose critical points are looked for. */
export interface Ground {
  readonly dimension: number;
  /** Looks at a place, and leaves it. */
  at<T>(theta: Float64Array, look: (place: Place) => Promise<T>): Promise<T>;
}

/** The function at one place. */
export interface Place {
  value(): Promise<number>;
  gradient(): Promise<Float64Array>;
  readonly hessian: LinearOperator;
}

/** The loss of a network, far from its weights, too. */
export function groundOf(problem: Problem, context: RunContext): Ground {
  return {
    dimension: problem.space.dimension,
    async at(theta, look) {
      await using point = problem.at(theta);
      return await look({
        value: async () => (await point.anyValue(context)).loss,
        gradient: () => point.gradient(context),
        hessian: productOperator(point, hessianProduct, context),
      });
    },
  };
}

/** ∇²L as a matrix, and what its products lack of symmetry, ‖H − Hᵀ‖_F. */
export interface HessianAt {
  readonly matrix: Float64Array;
  readonly asymmetry: number;
}

/** Cost: as many products as dimensions. */
export async function hessianAt({ hessian }: Place, context: RunContext): Promise<HessianAt> {
  const { matrix, asymmetry } = await denseMatrix(countProducts(hessian, context), "Hessian");
  return { matrix, asymmetry: asymmetry * norm2(matrix) };
}
