import { dot } from "../linalg/vector.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { LinearOperator } from "./linear-operator.ts";

/**
 * The operator of a matrix that is held in memory, row-major. Cost n² multiplications a product.
 *
 * @throws internal error `matrix-size` when the length is not dimension²
 *
 * @example
 * const swap = denseOperator(Float64Array.of(0, 1, 1, 0), 2);
 * await swap.apply([Float64Array.of(3, 4)]); // [[4, 3]]
 */
export function denseOperator(matrix: Float64Array, dimension: number, name = "matrix"): LinearOperator {
  if (matrix.length !== dimension * dimension) {
    throw new ThalwegError({
      kind: "internal",
      code: "matrix-size",
      message: `A matrix of dimension ${dimension} needs ${dimension * dimension} elements, but ${matrix.length} were given.`,
    });
  }
  const rows = Array.from({ length: dimension }, (_, i) => matrix.subarray(i * dimension, (i + 1) * dimension));
  const symmetric = rows.every((row, i) => row.every((x, j) => x === matrix[j * dimension + i]));
  return {
    dimension,
    symmetric,
    precision: "float64",
    preferredBlock: 1,
    name,
    apply: (block) => Promise.resolve(block.map((v) => Float64Array.from(rows, (row) => dot(row, v)))),
  };
}

/** The operator of a diagonal matrix: v ↦ d ∘ v. Its eigenvalues are the entries of d. */
export function diagonalOperator(diagonal: Float64Array, name = "diagonal"): LinearOperator {
  return {
    dimension: diagonal.length,
    symmetric: true,
    precision: "float64",
    preferredBlock: 1,
    name,
    apply: (block) => Promise.resolve(block.map((v) => v.map((x, i) => x * diagonal[i]))),
  };
}
