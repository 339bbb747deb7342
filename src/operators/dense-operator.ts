import { dots } from "../linalg/multi-vector.ts";
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
  return {
    dimension,
    symmetric: isSymmetric(matrix, dimension),
    precision: "float64",
    preferredBlock: 1,
    name,
    apply: (block) => Promise.resolve(block.map((v) => dots(rows, v))),
  };
}

/** Elements that fit a page of memory: a matrix read across its rows is read in squares of this size. */
const TILE = 64;

function isSymmetric(matrix: Float64Array, dimension: number): boolean {
  for (let top = 0; top < dimension; top += TILE)
    for (let left = 0; left <= top; left += TILE)
      for (let i = top; i < Math.min(top + TILE, dimension); i++)
        for (let j = left; j < Math.min(left + TILE, i); j++)
          if (matrix[i * dimension + j] !== matrix[j * dimension + i]) return false;
  return true;
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
