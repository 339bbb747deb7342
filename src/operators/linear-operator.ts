import type { FloatType } from "../util/tensor.ts";

/**
 * A square matrix known only through its products with vectors.
 *
 * `apply` takes a block of k vectors, each of length `dimension`, and returns the k products in the
 * same order, as new arrays; one block costs k products but usually less time than k calls.
 */
export interface LinearOperator {
  readonly dimension: number;
  /** Whether A = Aᵀ, which Lanczos and the trace estimators require. */
  readonly symmetric: boolean;
  /** The arithmetic of the products: their relative error is a small multiple of its unit roundoff. */
  readonly precision: FloatType;
  /** The block size at which a product is cheapest (1 where blocks gain nothing). */
  readonly preferredBlock: number;
  /** How many calls of `apply` are worth starting before the first has ended; 1 where absent. */
  readonly atOnce?: number;
  /** What the operator is, for messages and reports: "Hessian". */
  readonly name: string;
  /** The same products in a wider arithmetic, where there is one. */
  readonly wider?: WiderProducts;
  /** What the products of `apply` are off by: measured when it is first asked for, and kept. Where absent, only their size says it. */
  readonly rounding?: () => Promise<ProductRounding>;
  /** A part of the matrix that costs less than its columns do, where there is one. What is made of an operator has none of its own. */
  diagonalBlock?(): DiagonalBlock | undefined;
  apply(block: readonly Float64Array[]): Promise<Float64Array[]>;
}

/** The rows and columns of a matrix from `start` on, `size` of them. */
export interface DiagonalBlock {
  readonly start: number;
  readonly size: number;
  /** What it costs, counted in products. */
  readonly products: number;
  /**
   * Adds row i, what a product with the i-th unit vector of the block gives there, to the i-th of `rows`: views of
   * zeros, [size] each, so that the block is in memory once, where the matrix has it.
   */
  addTo(rows: readonly Float64Array[]): Promise<void>;
}

export interface WiderProducts {
  apply(block: readonly Float64Array[]): Promise<Float64Array[]>;
}

/** Bounds for ΔA, what rounding adds to a matrix as its products show it. */
export interface ProductRounding {
  /** Of ‖ΔA‖₂: by how much an eigenvalue may be off. */
  readonly norm: number;
  /** Of ‖ΔA‖F. */
  readonly frobenius: number;
  /** Of |tr ΔA|. */
  readonly trace: number;
}
