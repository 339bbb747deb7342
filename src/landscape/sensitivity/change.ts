import type { TensorFilters } from "../filters.ts";

/** Something that is done to the weights of one tensor: rounding to few bits, pruning. */
export interface Change {
  readonly kind: "bits" | "prune";
  readonly amount: number;
  /** "8 bits", "90 % pruned". */
  readonly label: string;
  /** Bits that a weight then takes; undefined where that hangs on how it is stored. */
  readonly size: number | undefined;
  /**
   * The changed weights.
   *
   * @param weights of the tensor
   */
  apply(weights: Float64Array, filters: TensorFilters): Float64Array;
}

/** A kind of change: what may be asked of it, and how it is done. */
export interface ChangeKind {
  readonly name: Change["kind"];
  of(amount: number): Change;
}
