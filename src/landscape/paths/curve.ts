import { distance, interpolated } from "../../linalg/vector.ts";

/** A way from one network to another: t = 0 is the one, t = 1 the other, number for number. */
export interface Curve {
  /** @param into where the point may be written, of whom that saves a vector for every point; the ends are given as they are */
  at(t: number, into?: Float64Array): Float64Array;
  /** Places that the way was made of, and that are to be looked at; none where none is special. */
  readonly knots?: readonly number[];
}

/**
 * The straight line (1−t)·a + t·b.
 *
 * @example
 * straight(Float64Array.of(0), Float64Array.of(4)).at(0.25); // Float64Array [1]
 */
export function straight(a: Float64Array, b: Float64Array): Curve {
  return { at: (t, into) => (t === 0 ? a : t === 1 ? b : interpolated(a, b, t, into)) };
}

/**
 * Straight pieces through points, t counting the length of the way.
 *
 * @example
 * throughPoints([Float64Array.of(0), Float64Array.of(1), Float64Array.of(4)]).at(0.25); // Float64Array [1]
 */
export function throughPoints(points: readonly Float64Array[]): Curve {
  const lengths = [0];
  for (let i = 1; i < points.length; i++) lengths.push(lengths[i - 1] + distance(points[i], points[i - 1]));
  const whole = lengths[lengths.length - 1];
  const knots = lengths.map((length, i) => (whole > 0 ? length / whole : i / (points.length - 1)));
  return {
    knots,
    at(t, into) {
      const next = Math.max(
        1,
        knots.findIndex((knot) => knot >= t),
      );
      const [from, to] = [knots[next - 1], knots[next]];
      return straight(points[next - 1], points[next]).at(to > from ? (t - from) / (to - from) : 0, into);
    },
  };
}
