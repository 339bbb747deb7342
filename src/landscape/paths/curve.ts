/** A way from one network to another: t = 0 is the one, t = 1 the other, number for number. */
export interface Curve {
  at(t: number): Float64Array;
}

/**
 * The straight line (1−t)·a + t·b.
 *
 * @example
 * straight(Float64Array.of(0), Float64Array.of(4)).at(0.25); // Float64Array [1]
 */
export function straight(a: Float64Array, b: Float64Array): Curve {
  return { at: (t) => (t === 0 ? a : t === 1 ? b : a.map((x, i) => (1 - t) * x + t * b[i])) };
}
