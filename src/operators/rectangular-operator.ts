import type { FloatType } from "../util/tensor.ts";

/** A matrix known only through its products and those of its transpose, each with a block of vectors, as new arrays. */
export interface RectangularOperator {
  /** What it is, for messages: "Jacobian". */
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  /** The arithmetic of the products. */
  readonly precision: FloatType;
  /** A v for vectors of length `columns`. */
  apply(block: readonly Float64Array[]): Promise<Float64Array[]>;
  /** Aᵀ u for vectors of length `rows`. */
  applyTransposed(block: readonly Float64Array[]): Promise<Float64Array[]>;
}
