import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import { norm2 } from "../linalg/vector.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { RunContext } from "../util/run-context.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { EstimatorDescription } from "./estimate.ts";
import { countProducts, productRounding, requireSymmetric } from "./products.ts";
import type { Products } from "./products.ts";

export interface ExactSpectrum {
  /** All eigenvalues, ascending. */
  readonly values: Float64Array;
  /** Unit eigenvectors in the same order, where asked for. */
  readonly vectors: Float64Array[];
  /** ‖A − Aᵀ‖_F / ‖A‖_F of the products as they came; the eigenvalues belong to (A + Aᵀ)/2. */
  readonly asymmetry: number;
  readonly products: number;
}

export const exactSpectrumEstimator: EstimatorDescription = {
  name: "exact-spectrum",
  summary: "Every eigenvalue of a small operator, from its full matrix.",
  formula: String.raw`A = \sum_i \lambda_i q_i q_i^\top`,
  source: "Householder reduction and implicit QL: Wilkinson & Reinsch 1971",
  cost: "n products and 4/3 n³ flops (about 12 n³ more for vectors); 8n² bytes",
  needs: "a symmetric operator of dimension up to 2000, or a higher limit",
};

/**
 * The whole spectrum by applying the operator to the identity in blocks and solving the dense problem.
 *
 * @param options.limit largest dimension that is accepted; default 2000
 * @throws usage errors `not-symmetric`, `too-large`; check error `not-finite`
 *
 * @example
 * const { values, asymmetry } = await exactSpectrum(hessian, {}, {});
 */
export async function exactSpectrum(
  operator: LinearOperator,
  options: { readonly limit?: number; readonly vectors?: boolean },
  context: RunContext,
): Promise<ExactSpectrum> {
  requireSymmetric(operator, "The exact spectrum");
  const limit = options.limit ?? 2000;
  const { dimension } = operator;
  if (dimension > limit) {
    throw new ThalwegError({
      kind: "usage",
      code: "too-large",
      message: `The exact spectrum of ${operator.name} has dimension ${dimension}, beyond the limit of ${limit}.`,
      hint: "Estimate the density and the extremal eigenvalues, choose fewer parameters, or raise the limit.",
    });
  }
  const products = countProducts(operator, context);
  const { matrix, asymmetry } = await denseMatrix(products, "exact spectrum");
  const { values, vectors } = symmetricEigen(matrix, dimension, options.vectors ?? false);
  return { values, vectors, asymmetry, products: products.count() };
}

/** The symmetric part of the operator as a matrix, and ‖A − Aᵀ‖_F/‖A‖_F. Cost n products. */
export async function denseMatrix(
  products: Products,
  stage: string,
): Promise<{ matrix: Float64Array; asymmetry: number }> {
  const { dimension } = products.operator;
  const block = Math.max(1, products.operator.preferredBlock);
  const matrix = new Float64Array(dimension * dimension);
  for (let start = 0; start < dimension; start += block) {
    const width = Math.min(block, dimension - start);
    const columns = await products.apply(
      Array.from({ length: width }, (_, j) => {
        const unit = new Float64Array(dimension);
        unit[start + j] = 1;
        return unit;
      }),
    );
    columns.forEach((column, j) => matrix.set(column, (start + j) * dimension));
    products.report(stage, dimension);
  }
  let skew = 0;
  let square = 0;
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j <= i; j++) {
      const a = matrix[i * dimension + j];
      const b = matrix[j * dimension + i];
      const weight = i === j ? 1 : 2;
      square += (weight * (a * a + b * b)) / 2;
      skew += weight * (a - b) ** 2;
      matrix[i * dimension + j] = matrix[j * dimension + i] = (a + b) / 2;
    }
  }
  return { matrix, asymmetry: square > 0 ? Math.sqrt(skew / square) : 0 };
}

/**
 * What rounding of the products may add to trace and Frobenius norm of a matrix made of them: what its size
 * predicts, or sixteen times the asymmetry ‖A − Aᵀ‖_F, where a cancellation left more. Asymmetry shows only
 * the part of the rounding that differs from product to product (measured on a network that is certain of its
 * class to 4e-5: the trace was off by 7.6 times that).
 */
export function matrixRounding(operator: LinearOperator, matrix: Float64Array, asymmetry: number): number {
  const size = norm2(matrix);
  return Math.max(productRounding(operator, size), 16 * asymmetry * size);
}
