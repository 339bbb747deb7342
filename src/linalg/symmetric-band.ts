/**
 * A symmetric matrix whose elements are zero beyond some distance from the diagonal: its rows up to the diagonal, with
 * room for as many more before them, and for the upper triangle of blocks as wide as the band.
 */
export class SymmetricBand {
  readonly n: number;
  /** Elements beside the diagonal. */
  readonly width: number;
  /** From an element to the one below it less one to the right: row i has (i, j) at i · stride + j − i + 2 width. */
  readonly stride: number;
  readonly elements: Float64Array;

  constructor(n: number, width: number) {
    this.n = n;
    this.width = width;
    this.stride = 3 * width;
    this.elements = new Float64Array(n * this.stride);
  }

  /** Place of (i, j), i − 2 width ≤ j ≤ i. */
  at(i: number, j: number): number {
    return i * this.stride + j - i + 2 * this.width;
  }

  set(i: number, j: number, value: number): void {
    this.elements[this.at(i, j)] = value;
  }
}
