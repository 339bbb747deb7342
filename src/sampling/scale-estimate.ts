/** Draws that the group's scale counts for beside those of a coordinate. */
const PRIOR_DRAWS = 20;

/** Scales of coordinates, as the root mean square of their distances from a centre, drawn towards that of their group. */
export class ScaleEstimate {
  private readonly centre: Float64Array;
  private readonly groups: readonly number[];
  private readonly squares: Float64Array;
  private draws = 0;

  /** @param groups where each group of coordinates ends */
  constructor(centre: Float64Array, groups: readonly number[]) {
    this.centre = centre;
    this.groups = groups;
    this.squares = new Float64Array(centre.length);
  }

  add(place: Float64Array): void {
    this.draws++;
    for (let i = 0; i < place.length; i++) this.squares[i] += (place[i] - this.centre[i]) ** 2;
  }

  /** All 1 where nothing was drawn, or nothing moved. */
  scales(): Float64Array<ArrayBuffer> {
    const { squares, draws } = this;
    const scales = new Float64Array(squares.length).fill(1);
    let from = 0;
    for (const to of this.groups) {
      const shared = squares.subarray(from, to).reduce((sum, x) => sum + x, 0) / ((to - from) * draws);
      for (let i = from; i < to; i++) {
        const variance = (squares[i] + PRIOR_DRAWS * shared) / (draws + PRIOR_DRAWS);
        if (variance > 0 && Number.isFinite(variance)) scales[i] = Math.sqrt(variance);
      }
      from = to;
    }
    return scales;
  }
}
