/**
 * Vᵀ W, the inner products of one or two vectors with as many others.
 *
 * @param inner of the pair (i, j)
 */
export function products(count: number, inner: (i: number, j: number) => number): number[][] {
  return Array.from({ length: count }, (_, i) => Array.from({ length: count }, (_each, j) => inner(i, j)));
}

/** A⁻¹ of a 1 × 1 or 2 × 2 matrix. */
export function inverse(matrix: readonly (readonly number[])[]): number[][] {
  if (matrix.length === 1) return [[1 / matrix[0][0]]];
  const [[a, b], [c, d]] = matrix;
  const determinant = a * d - b * c;
  return [
    [d / determinant, -b / determinant],
    [-c / determinant, a / determinant],
  ];
}

/** A x. */
export function times(matrix: readonly (readonly number[])[], x: readonly number[]): number[] {
  return matrix.map((row) => row.reduce((sum, each, j) => sum + each * x[j], 0));
}

/** xᵀ A x. */
export function form(matrix: readonly (readonly number[])[], x: readonly number[]): number {
  return times(matrix, x).reduce((sum, each, i) => sum + each * x[i], 0);
}
