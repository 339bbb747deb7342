import { meanOf, plusMultiple } from "../linalg/vector.ts";

/** Lengths and products of vectors aᵢ, one an example, that average to ā. */
export interface AboutMean {
  /** ‖aᵢ‖². */
  readonly squares: Float64Array;
  /** aᵢᵀā. */
  readonly along: Float64Array;
  /** ‖ā‖². */
  readonly square: number;
}

/**
 * What the mean of a batch scatters by: the deviations dᵢ of single examples.
 *
 * Where all examples count alike, dᵢ = aᵢ − ā. Where they do not (weights of classes, labels that are left out), the mean of a
 * batch B is a ratio, Σ_B ℓᵢ/Σ_B mᵢ with mᵢ the weight of example i, and so is that of its gradient: its denominator changes with the
 * batch, too. To first order in 1/B it is off by the mean over the batch of
 *
 *   dᵢ = aᵢ − rᵢ ā,   rᵢ = mᵢ/m̄,
 *
 * with aᵢ = ∇ℓᵢ/m̄ (the delta method; Cochran 1977, §6.4, as for the loss itself in `samplingError`). They average to 0, and are
 * those of the plain mean where every rᵢ is 1. Of batches of B examples the covariance is (1/B)(1/n) Σ dᵢdᵢᵀ, up to terms of 1/B².
 */
export class Deviations {
  /** rᵢ; undefined where all are 1. */
  private readonly counts: Float64Array | undefined;
  /** (1/n) Σ rᵢ². */
  private readonly squareOfCounts: number;

  constructor(counts: Float64Array | undefined) {
    this.counts = counts;
    this.squareOfCounts = counts ? meanOf(counts.map((r) => r * r)) : 1;
  }

  /** ‖dᵢ‖², not below 0 by rounding. */
  squares({ squares, along, square }: AboutMean): Float64Array {
    const { counts } = this;
    return squares.map((each, i) => {
      const r = counts?.[i] ?? 1;
      return Math.max(0, each - 2 * r * along[i] + r * r * square);
    });
  }

  /** (1/n) Σ ‖dᵢ‖². */
  meanSquare({ squares, along, square }: AboutMean): number {
    const { counts, squareOfCounts } = this;
    if (counts === undefined) return meanOf(squares) - square;
    return meanOf(squares) - 2 * meanOf(along.map((x, i) => counts[i] * x)) + squareOfCounts * square;
  }

  /** The lengths that are subtracted from each other in {@link meanSquare}, which its rounding is relative to. */
  size({ squares, square }: Pick<AboutMean, "squares" | "square">): number {
    if (this.counts === undefined) return meanOf(squares);
    return (Math.sqrt(meanOf(squares)) + Math.sqrt(this.squareOfCounts * square)) ** 2;
  }

  /** What an error of this length in ā makes of √{@link meanSquare}. */
  ofMean(error: number): number {
    return this.counts === undefined ? 0 : Math.sqrt(this.squareOfCounts) * error;
  }

  /** dᵢᵀv, from aᵢᵀv and āᵀv. */
  along(values: Float64Array, mean: number): Float64Array {
    const { counts } = this;
    return values.map((x, i) => x - (counts?.[i] ?? 1) * mean);
  }

  /**
   * By what ‖ā‖² of n examples is longer than that of all there could be, times n, beside (1/n) Σ ‖dᵢ‖²: a ratio of means is itself off
   * by −(1/n)(1/n) Σ rᵢdᵢ on average. 0 where all count alike.
   *
   * @param alongMean dᵢᵀā
   */
  bias(alongMean: Float64Array): number {
    const { counts } = this;
    return counts === undefined ? 0 : -2 * meanOf(alongMean.map((x, i) => counts[i] * x));
  }

  /**
   * (1/n) Σ dᵢdᵢᵀv from (1/n) Σ aᵢaᵢᵀv.
   *
   * @param byCount (1/n) Σ rᵢaᵢ; ā where all count alike
   */
  product(
    moment: Float64Array,
    { mean, byCount, along, alongByCount }: Readonly<Record<"mean" | "byCount", Float64Array>> & Along,
  ): Float64Array {
    const back = this.counts === undefined ? 0 : this.squareOfCounts * along - alongByCount;
    return back === 0
      ? plusMultiple(moment, -along, byCount)
      : moment.map((x, i) => x - along * byCount[i] + back * mean[i]);
  }
}

/** āᵀv and that of the mean by count. */
interface Along {
  readonly along: number;
  readonly alongByCount: number;
}
