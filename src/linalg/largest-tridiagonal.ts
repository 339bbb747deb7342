import { ThalwegError } from "../util/thalweg-error.ts";

/** Halvings: from any width to the last digit of a double. */
const HALVINGS = 60;

/**
 * The largest eigenvalue of the symmetric tridiagonal matrix T with diagonal d and off-diagonal e, by bisection: x is above
 * it where all pivots of the elimination of T − xI are negative (Sturm; Givens 1954).
 *
 * Absolute error: a small multiple of ε‖T‖. Cost: about 40 eliminations of n divisions, fewer where x is below, which the first
 * rows mostly tell.
 *
 * @param diagonal n ≥ 1 numbers
 * @param offDiagonal n − 1 numbers
 * @throws check error `eigen-not-converged` when T holds a NaN or an infinity
 *
 * @example
 * largestTridiagonal(Float64Array.of(0, 0), Float64Array.of(1)); // 1
 */
export function largestTridiagonal(diagonal: Float64Array, offDiagonal: Float64Array): number {
  const n = diagonal.length;
  // Gershgorin's circles above, the largest diagonal element below.
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < n; i++) {
    const reach = (i > 0 ? Math.abs(offDiagonal[i - 1]) : 0) + (i < n - 1 ? Math.abs(offDiagonal[i]) : 0);
    low = Math.max(low, diagonal[i]);
    high = Math.max(high, diagonal[i] + reach);
  }
  if (!Number.isFinite(low) || !Number.isFinite(high))
    throw new ThalwegError({
      kind: "check",
      code: "eigen-not-converged",
      message: "A matrix with a NaN or an infinity has no eigenvalues.",
      hint: "Look where the first number that is not finite comes from.",
    });
  for (let k = 0; k < HALVINGS; k++) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (isAbove(middle, diagonal, offDiagonal)) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

function isAbove(x: number, diagonal: Float64Array, offDiagonal: Float64Array): boolean {
  let pivot = diagonal[0] - x;
  for (let i = 1; pivot < 0; i++) {
    if (i >= diagonal.length) return true;
    const coupling = offDiagonal[i - 1];
    pivot = diagonal[i] - x - (coupling * coupling) / pivot;
  }
  return false;
}
