import { dot, norm2 } from "../linalg/vector.ts";
import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { Eigenvalue } from "./estimate.ts";
import type { ExtremalResult } from "./extremal-eigenpairs.ts";
import { productRounding } from "./products.ts";

/**
 * From this share of the spectrum on, the whole matrix is cheaper than a search: Krylov spaces take about
 * 12 products for each eigenvalue wanted, with the check of multiplicity, and the matrix takes n in all.
 */
const DENSE_SHARE = 1 / 8;

/** Whether so many eigenvalues of an operator are found more cheaply from its whole matrix. */
export function prefersMatrix(dimension: number, wanted: number): boolean {
  return wanted >= DENSE_SHARE * dimension;
}

/**
 * Both ends of the spectrum from the whole matrix. Residuals are those of the matrix, with what rounding
 * of the products it was made of may hide, and with its asymmetry: (A + Aᵀ)/2 is what was decomposed, and
 * ‖(A − Aᵀ)/2‖₂ of a random skew matrix is about 2/√n of its Frobenius norm.
 *
 * Cost: no product; about 13 n³ flops.
 *
 * @param dense the symmetric part, row-major, with ‖A − Aᵀ‖_F/‖A‖_F and the products that it took
 */
export function denseExtremes(
  operator: LinearOperator,
  dense: { readonly matrix: Float64Array; readonly asymmetry: number; readonly products: number },
  ends: { readonly largest: number; readonly smallest: number },
): ExtremalResult {
  const n = operator.dimension;
  const { matrix, asymmetry, products } = dense;
  const { values, vectors } = symmetricEigen(Float64Array.from(matrix), n, true);
  const scale = Math.max(Math.abs(values[0]), Math.abs(values[n - 1]));
  const hidden = productRounding(operator, scale) + (asymmetry * norm2(values)) / Math.sqrt(n);
  const pairs = Array.from(values, (value, i): Eigenvalue => {
    const vector = vectors[i];
    let square = 0;
    for (let row = 0; row < n; row++)
      square += (dot(matrix.subarray(row * n, (row + 1) * n), vector) - value * vector[row]) ** 2;
    return { value, residual: Math.sqrt(square) + hidden, vector };
  });
  return {
    top: pairs.slice(Math.max(0, n - ends.largest)).toReversed(),
    bottom: pairs.slice(0, ends.smallest),
    scale,
    products,
    method: `whole matrix (${n} products), dense eigendecomposition`,
    converged: true,
    multiplicity: { checked: true, products: 0, found: 0, missProbability: 0, margin: 0 },
  };
}
