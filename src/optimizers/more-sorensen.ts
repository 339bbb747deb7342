import { hypotOf, maxOf } from "../util/extremes.ts";

/** A trust-region step in the eigenvectors of the Hessian. */
export interface ExactStep {
  readonly step: readonly number[];
  /** The multiplier μ: (H + μ)p = −g with H + μ positive semi-definite. */
  readonly multiplier: number;
  /** gᵀp + ½pᵀHp. */
  readonly promised: number;
  /** Whether g has no part in the lowest eigenvectors, one of which fills the step up to the boundary. */
  readonly isHardCase: boolean;
}

/** Slopes along the lowest eigenvectors below this share of ‖g‖ are rounding. */
const NO_SLOPE = 1e-14;
const ITERATIONS = 200;

/**
 * The minimum of gᵀp + ½pᵀHp within ‖p‖ ≤ Δ: p = −(H + μ)⁻¹g with the least μ ≥ max(0, −λmin) at which it fits, by Newton's
 * method for 1/‖p‖ = 1/Δ between bounds; in the hard case, g ⟂ the lowest eigenvectors, with a multiple of one of them
 * (Moré & Sorensen 1983; Conn, Gould & Toint 2000, section 7.3).
 *
 * @param values eigenvalues, ascending
 * @param slopes vᵢᵀg
 *
 * @example
 * moreSorensen([-1, 1], [0, 1], 2); // p₂ = −½ and p₁ = √(4 − ¼): the hard case, μ = 1
 */
export function moreSorensen(values: readonly number[], slopes: readonly number[], radius: number): ExactStep {
  const size = hypotOf(slopes);
  const lowest = values[0] ?? 0;
  const least = Math.max(0, -lowest);
  const scale = Math.max(maxOf(values.map(Math.abs)), Number.MIN_VALUE);
  const isLowest = (value: number) => value - lowest <= 1e-14 * scale;
  const at = (mu: number, without: (value: number) => boolean = () => false) =>
    slopes.map((slope, i) => (slope === 0 || without(values[i]) ? 0 : -slope / (values[i] + mu)));
  const ended = (step: readonly number[], multiplier: number, isHardCase = false): ExactStep => ({
    step,
    multiplier,
    promised: step.reduce((sum, p, i) => sum + slopes[i] * p + (values[i] * p * p) / 2, 0),
    isHardCase,
  });
  if (lowest > 0) {
    const inner = at(0);
    if (hypotOf(inner) <= radius) return ended(inner, 0);
  }
  const hasSlope = slopes.some((slope, i) => isLowest(values[i]) && Math.abs(slope) > NO_SLOPE * size);
  if (lowest <= 0 && !hasSlope) {
    const inner = at(least, isLowest);
    const length = hypotOf(inner);
    if (length <= radius) {
      // Where the lowest curvature is 0, nothing is gained along it.
      if (lowest === 0) return ended(inner, 0, true);
      const rest = Math.sqrt(radius * radius - length * length);
      return ended([rest, ...inner.slice(1)], least, true);
    }
  }
  let low = least;
  let high = Math.max(least, size / radius - lowest);
  let mu = (low + high) / 2;
  for (let i = 0; i < ITERATIONS && high - low > Number.EPSILON * high; i++) {
    const step = at(mu);
    const length = hypotOf(step);
    if (length > radius) low = mu;
    else high = mu;
    const slope = step.reduce((sum, p, k) => (p === 0 ? sum : sum + (p * p) / (values[k] + mu)), 0);
    const next = mu + ((length * length) / slope) * ((length - radius) / radius);
    mu = next > low && next < high ? next : (low + high) / 2;
  }
  return ended(at(mu), mu);
}
