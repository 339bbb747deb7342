import { z } from "zod";
import { dots } from "../linalg/multi-vector.ts";
import { vector } from "../util/options.ts";
import { requireArgument } from "../util/require-argument.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { requireBlock } from "./checked-products.ts";
import type { LinearOperator } from "./linear-operator.ts";

/**
 * The operator of a matrix that is held in memory, row-major. Cost n² multiplications a product.
 *
 * @throws usage error `bad-argument`; `matrix-size` when the length is not dimension²
 *
 * @example
 * const swap = denseOperator(Float64Array.of(0, 1, 1, 0), 2);
 * await swap.apply([Float64Array.of(3, 4)]); // [[4, 3]]
 */
export function denseOperator(matrix: Float64Array, dimension: number, name = "matrix"): LinearOperator {
  requireArgument("matrix", "denseOperator", vector(), matrix);
  requireArgument("dimension", "denseOperator", z.int().min(1), dimension);
  requireArgument("name", "denseOperator", z.string(), name);
  if (matrix.length !== dimension * dimension) {
    throw new ThalwegError({
      kind: "usage",
      code: "matrix-size",
      message: `A matrix of dimension ${dimension} needs ${dimension * dimension} elements, but ${matrix.length} were given.`,
      hint: "Give its rows one after the other, in one Float64Array.",
    });
  }
  const rows = Array.from({ length: dimension }, (_, i) => matrix.subarray(i * dimension, (i + 1) * dimension));
  return {
    dimension,
    symmetric: isSymmetric(matrix, dimension),
    precision: "float64",
    preferredBlock: 1,
    name,
    apply: async (block) => {
      requireBlock({ name, dimension }, block);
      return block.map((v) => dots(rows, v));
    },
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
  requireArgument("diagonal", "diagonalOperator", vector(1), diagonal);
  requireArgument("name", "diagonalOperator", z.string(), name);
  return {
    dimension: diagonal.length,
    symmetric: true,
    precision: "float64",
    preferredBlock: 1,
    name,
    apply: async (block) => {
      requireBlock({ name, dimension: diagonal.length }, block);
      return block.map((v) => v.map((x, i) => x * diagonal[i]));
    },
  };
}
