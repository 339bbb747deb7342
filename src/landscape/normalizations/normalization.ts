import type { TensorFilters } from "../filters.ts";

/** How long a direction is, part by part: one that goes with the weights makes pictures of networks comparable. */
export interface Normalization {
  readonly name: string;
  /** As a clause: "each filter as long as its weights". */
  readonly summary: string;
  /** Whether offsets (biases, gains) are left out unless they are asked for; else every coordinate moves. */
  readonly leavesOffsets: boolean;
  /**
   * Numbers for the parts of a tensor that scale together.
   *
   * @returns the part of every element, 0 … count − 1; undefined where nothing is scaled
   */
  partsOf(filters: TensorFilters): { readonly count: number; readonly partOf: (element: number) => number } | undefined;

  /** What has to be known of the parts of a network, in sentences. */
  notes?(filters: readonly TensorFilters[]): readonly string[];
}
