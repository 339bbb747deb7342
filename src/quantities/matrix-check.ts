import type { MatrixProof } from "../estimators/prove-matrix.ts";
import type { Check } from "../result/envelope.ts";

/** The matrix of the Hessian against a product of its own, as a check of the run that computed it. */
export function matrixCheck({ measured, limit }: MatrixProof): Check {
  const isDecided = limit < 1;
  return {
    name: "hessian-matrix",
    title: "The Hessian matrix against a product of its own",
    passed: isDecided ? measured <= limit : null,
    measured,
    limit,
    detail: `The matrix, made of blocks of products, times a random vector, against the product with that vector alone, relative to it; the limit is what rounding leaves of a product.${
      isDecided ? "" : " Nothing was decided: rounding leaves nothing of it."
    }`,
  };
}
