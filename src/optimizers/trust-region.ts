import { axpy, dot, norm2, plusMultiple } from "../linalg/vector.ts";
import { productAt, type Query } from "./walk.ts";

/** A step within a trust region, and why it ends where it does. */
export interface TrustRegionStep {
  readonly step: Float64Array;
  /** gᵀp + ½pᵀHp: what the quadratic promises. */
  readonly promised: number;
  readonly end: "residual" | "boundary" | "negative-curvature" | "budget";
}

/**
 * Minimises gᵀp + ½pᵀHp within ‖p‖ ≤ Δ by conjugate gradients that stop at the boundary, and at the first direction d with
 * dᵀHd ≤ 0, which is followed to the boundary (Steihaug 1983).
 *
 * @param tolerance residual relative to ‖g‖ at which it ends
 */
export function* steihaug(
  at: Float64Array,
  gradient: Float64Array,
  { radius, tolerance, most }: { readonly radius: number; readonly tolerance: number; readonly most: number },
): Generator<Query, TrustRegionStep> {
  const step = new Float64Array(at.length);
  const image = new Float64Array(at.length);
  const residual = gradient.slice();
  const direction = gradient.map((x) => -x);
  let square = dot(residual, residual);
  const enough = tolerance * Math.sqrt(square);
  const ended = (end: TrustRegionStep["end"]): TrustRegionStep => ({
    step,
    promised: dot(gradient, step) + dot(step, image) / 2,
    end,
  });
  if (square === 0) return ended("residual");
  for (let i = 0; i < most; i++) {
    const product = yield* productAt(at, direction);
    const curvature = dot(direction, product);
    const share = square / curvature;
    const ahead = plusMultiple(step, share, direction);
    if (!(curvature > 0) || norm2(ahead) >= radius) {
      const length = toBoundary(step, direction, radius);
      axpy(length, direction, step);
      axpy(length, product, image);
      return ended(curvature > 0 ? "boundary" : "negative-curvature");
    }
    step.set(ahead);
    axpy(share, product, image);
    axpy(share, product, residual);
    const next = dot(residual, residual);
    if (Math.sqrt(next) <= enough) return ended("residual");
    for (let k = 0; k < direction.length; k++) direction[k] = -residual[k] + (next / square) * direction[k];
    square = next;
  }
  return ended("budget");
}

/** The positive t at which ‖p + t d‖ = Δ. */
function toBoundary(step: Float64Array, direction: Float64Array, radius: number): number {
  const a = dot(direction, direction);
  const b = dot(step, direction);
  const c = dot(step, step) - radius * radius;
  const root = Math.sqrt(Math.max(0, b * b - a * c));
  // Without cancellation, whatever the sign of b.
  return b > 0 ? -c / (b + root) : (root - b) / a;
}
