/*
 * Math.max, Math.min and Math.hypot over as many numbers as there are: as arguments of a call they would lie on the stack, which
 * a hundred thousand overflow.
 */

/**
 * The largest of some numbers, NaN where one is; −∞ of none.
 *
 * @example
 * maxOf([1, 3, 2]); // → 3
 */
export function maxOf(values: Iterable<number>): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) most = Math.max(most, value);
  return most;
}

/**
 * The smallest of some numbers, NaN where one is; ∞ of none.
 *
 * @example
 * minOf([1, 3, 2]); // → 1
 */
export function minOf(values: Iterable<number>): number {
  let least = Number.POSITIVE_INFINITY;
  for (const value of values) least = Math.min(least, value);
  return least;
}

/**
 * √Σx², by numbers that are divided by the largest first, so that no square overflows (Math.hypot).
 *
 * @example
 * hypotOf([3, 4]); // → 5
 */
export function hypotOf(values: readonly number[] | Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  if (most === 0 || !Number.isFinite(most)) return most;
  let sum = 0;
  let compensation = 0;
  for (const value of values) {
    const summand = (value / most) ** 2 - compensation;
    const next = sum + summand;
    compensation = next - sum - summand;
    sum = next;
  }
  return Math.sqrt(sum) * most;
}
