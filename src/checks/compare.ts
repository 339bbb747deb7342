import { norm2 } from "../linalg/vector.ts";
import type { RandomStream } from "../random/random-stream.ts";

/** ‖a − b‖ / max(‖a‖, ‖b‖); 0 when both are 0. */
export function relativeDistance(a: Float64Array, b: Float64Array): number {
  const size = Math.max(norm2(a), norm2(b));
  return size === 0 ? 0 : norm2(a.map((x, i) => x - b[i])) / size;
}

/** A random vector of length 1. */
export function direction(random: RandomStream, dimension: number): Float64Array {
  const v = random.normalVector(dimension);
  const length = norm2(v);
  return v.map((x) => x / length);
}

/** x + t v */
export function moved(x: Float64Array, t: number, v: Float64Array): Float64Array {
  return x.map((each, i) => each + t * v[i]);
}
