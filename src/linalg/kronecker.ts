import { timesTransposed } from "./dense.ts";
import type { SymmetricEigen } from "./symmetric-eigen.ts";

/** The eigenvectors of two factors G and A, of which G ⊗ A is made. */
export interface KroneckerBasis {
  readonly left: SymmetricEigen;
  readonly right: SymmetricEigen;
}

/** Eigenvectors one after the other, as rows. */
export function rowsOf(vectors: readonly Float64Array[]): Float64Array {
  const n = vectors.length;
  const rows = new Float64Array(n * n);
  vectors.forEach((vector, i) => rows.set(vector, i * n));
  return rows;
}

function transposed(matrix: Float64Array, rows: number): Float64Array {
  const columns = matrix.length / rows;
  const result = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j];
  return result;
}

/**
 * U (C ∘ (Uᵀ V W)) Wᵀ for the eigenvectors U of G and W of A: a matrix that is diagonal in their products, times V. With
 * C = λᵢμₖ it is G V A, with C = 1/(λᵢμₖ + δ) the inverse of G ⊗ A + δI.
 *
 * Cost: 4 rows · columns · (rows + columns) flops.
 *
 * @param matrix V, rows × columns, row-major
 * @param curvatures C, rows × columns
 */
export function timesKronecker(
  { left, right }: KroneckerBasis,
  matrix: Float64Array,
  curvatures: ArrayLike<number>,
): Float64Array {
  const [rows, columns] = [left.values.length, right.values.length];
  const [u, w] = [rowsOf(left.vectors), rowsOf(right.vectors)];
  // Uᵀ V, then its rows in W.
  const turned = timesTransposed(timesTransposed(u, transposed(matrix, rows), rows), w, columns);
  for (let i = 0; i < turned.length; i++) turned[i] *= curvatures[i];
  const back = timesTransposed(transposed(u, rows), transposed(turned, rows), rows);
  return timesTransposed(back, transposed(w, columns), columns);
}
