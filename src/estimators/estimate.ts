/** A range that holds the true value with the stated probability. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
  /** The probability, over the random probes, that the range covers the truth: 0.95. */
  readonly confidence: number;
}

/** A measured number with what vouches for it. An exact one has standardError 0. */
export interface Estimate {
  readonly value: number;
  readonly standardError: number;
  /** What rounding of the products may have added, where that is not part of the standard error; the interval has it on both sides. */
  readonly rounding?: number;
  /** Products of the operator that it cost. */
  readonly products: number;
  readonly method: string;
  readonly interval: Interval;
  /** Whether the requested tolerance was reached within the budget. */
  readonly converged: boolean;
}

/**
 * An eigenvalue with its proof: ‖Av − λv‖ for a unit v, plus what rounding of the product may hide
 * (`productRounding`), so that an eigenvalue lies within `residual` of `value`. Where neighbours were not told from it, no
 * less than leaves room for them (`errorsInPlace`), so that it is the one of its place.
 */
export interface Eigenvalue {
  readonly value: number;
  readonly residual: number;
  /** The unit eigenvector, where it was asked for. */
  readonly vector?: Float64Array;
}

/** What the registry says of an estimator. */
export interface EstimatorDescription {
  /** Kebab-case, unique. */
  readonly name: string;
  /** One sentence: what it measures. */
  readonly summary: string;
  /** The mathematics in TeX. */
  readonly formula: string;
  /** Author and year of the method. */
  readonly source: string;
  /** Products of the operator, in words. */
  readonly cost: string;
  /** What the operator must satisfy. */
  readonly needs: string;
}

/**
 * The estimate of a number that is known without sampling, up to the rounding of what it was computed from.
 *
 * @example
 * exactEstimate(11.5, 1e-5, 40, "exact", 0.95); // standardError 0, rounding 1e-5
 */
export function exactEstimate(
  value: number,
  rounding: number,
  products: number,
  method: string,
  confidence: number,
): Estimate {
  return {
    value,
    standardError: 0,
    rounding,
    products,
    method,
    interval: { lower: value - rounding, upper: value + rounding, confidence },
    converged: true,
  };
}
