/** How fast the logarithm of the length moves, and how long squares of its slope are remembered (as Hoffman et al. 2021). */
const RATE = 0.08;
const MEMORY = 0.95;
/** First trajectories, in steps. */
const FIRST_STEPS = 8;

/** Where a trajectory ended. */
interface End {
  readonly place: Float64Array;
  readonly momentum: Float64Array;
  readonly acceptance: number;
}

/**
 * The length of trajectories that moves ‖z‖² most for its cost, z being coordinates from a centre in units of their scales: stochastic
 * ascent on E[(‖z′‖² − ‖z‖²)²]/(4t), whose slope along a trajectory that ends at z′ with momentum p′ is Δ⟨z′, p′⟩/t − Δ²/(4t²)
 * (ChEES: Hoffman, Radul & Sountsov 2021; for its cost: Sountsov & Hoffman 2021).
 */
export class TrajectoryLength {
  private logarithm: number;
  private square = 0;
  private updates = 0;

  constructor(step: number) {
    this.logarithm = Math.log(FIRST_STEPS * step);
  }

  /** The longest trajectory; each goes a share of it. */
  get value(): number {
    return Math.exp(this.logarithm);
  }

  /** Goes on in coordinates that are so many times as large. */
  rescale(factor: number): void {
    if (factor > 0 && Number.isFinite(factor)) this.logarithm += Math.log(factor);
    this.square = 0;
    this.updates = 0;
  }

  update(
    from: readonly Float64Array[],
    ends: readonly End[],
    {
      scales,
      centre,
      time,
      most,
    }: { readonly scales: Float64Array; readonly centre: Float64Array; readonly time: number; readonly most: number },
  ): void {
    let slope = 0;
    let weight = 0;
    ends.forEach(({ place, momentum, acceptance }, c) => {
      let change = 0;
      let along = 0;
      for (let i = 0; i < place.length; i++) {
        const before = (from[c][i] - centre[i]) / scales[i];
        const after = (place[i] - centre[i]) / scales[i];
        change += after * after - before * before;
        along += after * momentum[i];
      }
      const each = change * along - (change * change) / (4 * time);
      if (acceptance === 0 || !Number.isFinite(each)) return;
      slope += acceptance * each;
      weight += acceptance;
    });
    if (weight === 0) return;
    slope /= weight;
    this.updates++;
    this.square = MEMORY * this.square + (1 - MEMORY) * slope * slope;
    const size = Math.sqrt(this.square / (1 - MEMORY ** this.updates));
    if (size > 0) this.logarithm += (RATE * slope) / size;
    this.logarithm = Math.min(this.logarithm, Math.log(most));
  }
}
