import type { z } from "zod";
import type { TensorFilters } from "../filters.ts";

/** Something that is done to the weights of one tensor: rounding to few bits, pruning. */
export interface Change {
  /** The name of its kind. */
  readonly kind: string;
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
  /** Of its flag, and of its column in the result. */
  readonly name: string;
  /** What it does, as a clause that begins with a verb. */
  readonly summary: string;
  /** Its flag as it is typed. */
  readonly example: string;
  readonly flag: z.ZodType<number[]>;
  /** The amount; null where another kind of change was made, as in results that are older than the kind. */
  readonly column: z.ZodType<number | null>;
  of(amount: number): Change;
}
