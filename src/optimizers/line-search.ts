import { axpy, dot, norm2 } from "../linalg/vector.ts";
import { gradientAt, productAt, type Query, valueAt } from "./walk.ts";

/** Where a search along a line ends. */
export interface LinePoint {
  readonly length: number;
  readonly weights: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
}

interface Line {
  readonly weights: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
  readonly direction: Float64Array;
}

/** Sufficient decrease and curvature of the strong Wolfe conditions, as for quasi-Newton methods. */
const [DECREASE, CURVATURE] = [1e-4, 0.9];
const MOST = 40;

function* pointAt({ weights, direction }: Line, length: number): Generator<Query, LinePoint> {
  const there = weights.slice();
  axpy(length, direction, there);
  const value = yield* valueAt(there);
  return { length, weights: there, value, gradient: yield* gradientAt(there) };
}

/**
 * A step length with f(x+td) ≤ f + c₁t gᵀd and |g(x+td)ᵀd| ≤ c₂|gᵀd| (Nocedal & Wright 2006, algorithms 3.5 and 3.6).
 *
 * @returns undefined where rounding leaves none
 */
export function* strongWolfe(line: Line, first: number): Generator<Query, LinePoint | undefined> {
  const { value, gradient, direction, weights } = line;
  const slope = dot(gradient, direction);
  if (!(slope < 0)) return undefined;
  const isLow = (point: LinePoint) => point.value <= value + DECREASE * point.length * slope;
  const slopeOf = (point: LinePoint) => dot(point.gradient, direction);
  let before: LinePoint = { length: 0, weights, value, gradient };
  let length = first;
  for (let i = 0; i < MOST; i++) {
    const point = yield* pointAt(line, length);
    if (!isLow(point) || (i > 0 && point.value >= before.value)) return yield* within(before, point);
    const here = slopeOf(point);
    if (Math.abs(here) <= -CURVATURE * slope) return point;
    if (here >= 0) return yield* within(point, before);
    before = point;
    length *= 2;
  }
  return before;

  /** Between the better end and another. */
  function* within(from: LinePoint, to: LinePoint): Generator<Query, LinePoint | undefined> {
    let [best, other] = [from, to];
    for (let i = 0; i < MOST; i++) {
      const point = yield* pointAt(line, between(best, other, slopeOf));
      if (!isLow(point) || point.value >= best.value) other = point;
      else {
        const here = slopeOf(point);
        if (Math.abs(here) <= -CURVATURE * slope) return point;
        if (here * (other.length - best.length) >= 0) other = best;
        best = point;
      }
      if (Math.abs(other.length - best.length) <= Number.EPSILON * Math.abs(best.length)) break;
    }
    return best.length > 0 ? best : undefined;
  }
}

/** Minimum of the cubic through values and slopes at both ends, kept off them; the middle where there is none. */
function between(a: LinePoint, b: LinePoint, slopeOf: (point: LinePoint) => number): number {
  const width = b.length - a.length;
  const middle = a.length + width / 2;
  const d1 = slopeOf(a) + slopeOf(b) - (3 * (b.value - a.value)) / width;
  const square = d1 * d1 - slopeOf(a) * slopeOf(b);
  if (!(square >= 0)) return middle;
  const d2 = Math.sign(width) * Math.sqrt(square);
  const at = b.length - width * ((slopeOf(b) + d2 - d1) / (slopeOf(b) - slopeOf(a) + 2 * d2));
  const [low, high] = [Math.min(a.length, b.length), Math.max(a.length, b.length)];
  const margin = 0.1 * (high - low);
  return at > low + margin && at < high - margin ? at : middle;
}

/** Slopes along the line below this share of the first are zero. */
const EXACT = 1e-14;

/**
 * The minimum on the line by Newton's method in one dimension: one step on a quadratic.
 *
 * @returns undefined where the curvature along the line is not positive
 */
export function* exactMinimum(line: Line): Generator<Query, LinePoint | undefined> {
  const { weights, direction } = line;
  const first = Math.abs(dot(line.gradient, direction));
  let length = 0;
  let gradient = line.gradient;
  let there = weights;
  for (let i = 0; i < MOST && Math.abs(dot(gradient, direction)) > EXACT * first; i++) {
    const curvature = dot(direction, yield* productAt(there, direction));
    if (!(curvature > 0)) return undefined;
    const more = -dot(gradient, direction) / curvature;
    length += more;
    there = weights.slice();
    axpy(length, direction, there);
    gradient = yield* gradientAt(there);
    if (Math.abs(more) <= Number.EPSILON * norm2(there)) break;
  }
  if (length === 0) return undefined;
  return { length, weights: there, value: yield* valueAt(there), gradient };
}
