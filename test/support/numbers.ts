import { expect } from "vitest";

/** max|a − b|, infinite where the lengths differ or a difference is not a number. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i])) continue;
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Infinity : difference;
  }
  return worst;
}

/** The largest magnitude, at least 1: errors are compared with the scale of the result. */
export function scaleOf(...arrays: readonly ArrayLike<number>[]): number {
  let scale = 1;
  for (const array of arrays) for (let i = 0; i < array.length; i++) scale = Math.max(scale, Math.abs(array[i]));
  return scale;
}

export function innerProduct(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

export function norm(a: ArrayLike<number>): number {
  return Math.sqrt(innerProduct(a, a));
}

/** ‖a − b‖ / ‖b‖. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  return norm(Float64Array.from(a, (x, i) => x - b[i])) / norm(b);
}

/** Expects max|a − b| ≤ tolerance · max(1, |a|, |b|). */
export function expectClose(a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number, what: string): void {
  const error = distance(a, b) / scaleOf(a, b);
  expect(error, `${what}: [${preview(a)}] is not [${preview(b)}]`).toBeLessThanOrEqual(tolerance);
}

function preview(values: ArrayLike<number>): string {
  return Array.from(values)
    .slice(0, 8)
    .map((x) => x.toPrecision(6))
    .join(", ");
}
