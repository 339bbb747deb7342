/** What every limit says. */
interface Limit {
  /** Largest stable η(λ + decay). */
  readonly product: number;
  /** What weight decay adds to each curvature λ; 0 without. */
  readonly decay: number;
  /** The largest stable step without weight decay, in terms of λ: "2(1+β)/λ". */
  readonly formula: string;
  /** Whether the update is θ ← θ − η(g + wθ) and keeps nothing: what is known of SGD alone holds of it. */
  readonly isPlain: boolean;
  /** What the update is, or which matrix is meant, in full sentences. */
  readonly note: string;
}

/** λ is a curvature of the Hessian. */
interface LimitOfHessian extends Limit {
  readonly matrix: "H";
}

/** λ is a curvature of D⁻¹(H + wI), w a weight decay that is part of the gradient. */
interface LimitBehindDivisor extends Limit {
  readonly matrix: "D⁻¹H";
  /** w; 0 where the weights decay by themselves, or not at all. */
  readonly coupledDecay: number;
  /** D of a coordinate, once it has settled, whose gradient, decay included, has this mean square and mean over the batches. */
  settled(this: void, meanSquare: number, mean: number): number;
}

/**
 * Up to where an optimiser with a fixed step η is stable on the full batch of a quadratic: η(λ + decay) < product for every
 * curvature λ (Cohen et al. 2021, 2022; from the characteristic polynomial of the update at its root −1).
 */
export type StabilityLimit = LimitOfHessian | LimitBehindDivisor;

/** w that is to be added to the Hessian before it is divided. */
export function decayBehindDivisor(limit: StabilityLimit | undefined): number {
  return limit?.matrix === "D⁻¹H" ? limit.coupledDecay : 0;
}

/** How a decay that is part of the gradient enters: behind "with v as it stands". */
export function sayDecay(coupledDecay: number): string {
  return coupledDecay === 0 ? "" : `; weight decay makes it D⁻¹(H + ${coupledDecay} I)`;
}

/** What is said of an optimiser without a limit. */
export function sayUnlimited({ title }: { readonly title: string }): string {
  return `No curvature is known up to which ${title} with a fixed step settles.`;
}

/** The curvature above which a step size is unstable. */
export function largestCurvature({ product, decay }: StabilityLimit, stepSize: number): number {
  return product / stepSize - decay;
}

/** The step size above which a curvature is unstable; ∞ where none is. */
export function largestStepSize({ product, decay }: StabilityLimit, curvature: number): number {
  const sum = curvature + decay;
  return sum > 0 ? product / sum : Number.POSITIVE_INFINITY;
}
