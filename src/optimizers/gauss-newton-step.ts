import { axpy, dot } from "../linalg/vector.ts";
import { gaussNewtonAt, type Query } from "./walk.ts";

/** A step −(G + μ)⁻¹g, and Gp with it. */
export interface GaussNewtonStep {
  readonly step: Float64Array;
  readonly image: Float64Array;
}

/** Curvatures along a direction below this share of the largest that was met are rounding. */
const FLAT = 1e-15;

/**
 * Solves (G + μ)p = −g by conjugate gradients from 0 (Hestenes & Stiefel 1952): without damping, p is the shortest solution,
 * since g lies in the range of G. One product an iteration.
 *
 * @param tolerance residual relative to ‖g‖ at which it ends
 * @param most iterations
 */
export function* gaussNewtonStep(
  at: Float64Array,
  gradient: Float64Array,
  { damping, tolerance, most }: { readonly damping: number; readonly tolerance: number; readonly most: number },
): Generator<Query, GaussNewtonStep> {
  const step = new Float64Array(at.length);
  const image = new Float64Array(at.length);
  const residual = gradient.map((x) => -x);
  const direction = residual.slice();
  let square = dot(residual, residual);
  const enough = tolerance * Math.sqrt(square);
  let largest = 0;
  for (let i = 0; i < most && Math.sqrt(square) > enough; i++) {
    const product = yield* gaussNewtonAt(at, direction);
    const length = dot(direction, direction);
    const curvature = dot(direction, product) + damping * length;
    largest = Math.max(largest, curvature / length);
    if (!(curvature > FLAT * largest * length)) break;
    const share = square / curvature;
    axpy(share, direction, step);
    axpy(share, product, image);
    axpy(-share, product, residual);
    axpy(-share * damping, direction, residual);
    const next = dot(residual, residual);
    for (let k = 0; k < direction.length; k++) direction[k] = residual[k] + (next / square) * direction[k];
    square = next;
  }
  return { step, image };
}
