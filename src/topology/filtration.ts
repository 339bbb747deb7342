/** The cells of a complex in the order in which they enter: every cell after its faces, with a value that never falls. */
export interface Filtration {
  readonly dimensions: Uint8Array;
  /** The value at which each enters. */
  readonly values: Float64Array;
  /** The point with which each enters. */
  readonly points: Int32Array;
  /** The places of the faces of a cell in this order, rising. */
  faces(cell: number): number[];
}
