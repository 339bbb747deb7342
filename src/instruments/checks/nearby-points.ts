import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { lengthsOf } from "./equal-shares.ts";

/** How far the points lie from the first, relative to the length of each tensor. */
const PARTS = [0, 0.1, 1];

/**
 * Points to check derivatives at: the point itself, then others, where what decides nothing at the first (a kink, an
 * exact tie, a gradient that rounding left over) is elsewhere. The derivatives are the same functions at all of them. Each is made when it is asked for.
 */
export function* nearbyPoints(
  { space, options }: Problem,
  home: Float64Array,
  random: RandomStream,
): Generator<{ readonly part: number; readonly point: Float64Array }> {
  const lengths = lengthsOf(space.tensors, home);
  for (const part of PARTS) {
    const point = home.slice();
    if (part > 0) {
      for (const [number, { offset, size }] of space.tensors.entries()) {
        const direction = random.split(`move ${part} ${number}`).normalVector(size);
        const step = (part * lengths[number]) / Math.sqrt(size);
        for (let i = 0; i < size; i++) point[offset + i] += step * direction[i];
      }
    }
    if (options.precision === "float32") for (let i = 0; i < point.length; i++) point[i] = Math.fround(point[i]);
    yield { part, point };
  }
}
