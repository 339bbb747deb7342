/**
 * Up to where an optimiser with a fixed step η is stable on the full batch of a quadratic: η(λ + decay) < product for every
 * curvature λ (Cohen et al. 2021, 2022; from the characteristic polynomial of the update at its root −1).
 */
export interface StabilityLimit {
  /** Largest stable η(λ + decay). */
  readonly product: number;
  /** What weight decay adds to each curvature; 0 without. */
  readonly decay: number;
  /** The largest stable step without weight decay, in terms of λ: "2(1+β)/λ". */
  readonly formula: string;
  /** Whose curvature λ is: of the Hessian, or of the Hessian behind the preconditioner D. */
  readonly matrix: "H" | "D⁻¹H";
  /** Whether the update is θ ← θ − η(g + wθ) and keeps nothing: what is known of SGD alone holds of it. */
  readonly isPlain: boolean;
  /** What the update is, or which matrix is meant, in full sentences. */
  readonly note: string;
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
