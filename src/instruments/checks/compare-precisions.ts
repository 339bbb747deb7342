import { dot, norm2, plusMultiple } from "../../linalg/vector.ts";
import { FLUSHED, roundoffOf } from "./check.ts";
import { newTrial, type Trial } from "./ledger.ts";
import type { Block } from "./slope.ts";

/** A number moved by a grain once stands for the few roundings that it has met. */
const GRAINS = 4;

/** How many grains of the longest gradient rounding may leave in any tensor. */
const OF_ALL = 32;

/**
 * Rounding is known to its size, not to its last digit: what is beyond it by less than this factor is no fault where it alone
 * could be an error that counts.
 */
const MARGIN = 4;

/**
 * What part of a gradient the grains may be for their size to be known at all: they are measured in float64 and taken times
 * the ratio of the two arithmetics, which holds while errors are small beside what they are errors of. Beyond, float32 is at
 * another point of the same function, and its gradient there may be of any size.
 */
const LINEAR = 1 / 16;

/** One gradient three times. */
export interface Gradients {
  /** In float32. */
  readonly narrow: Float64Array;
  /** In float64. */
  readonly wide: Float64Array;
  /** In float64, with every number on the way moved by a grain. */
  readonly moved: Float64Array;
}

/**
 * The float32 gradient against the float64 gradient, tensor by tensor. With d the distance of the two, a what rounding may
 * do and l the limit, as parts of the float64 gradient's length: where a ≤ l/2, d − a ≤ l is right and more is wrong. Where a is
 * more, nothing is right, and only what rounding does not explain four times over is wrong; where float32 has no digits at all,
 * not even that. What differs in direction is rounding; where that is more than a part of the limit in
 * most tensors, nothing is decided about any. Cost: O(P).
 *
 * @example
 * const wide = Float64Array.of(3, 4);
 * const trial = comparePrecisions([{ offset: 0, size: 2 }], { narrow: Float64Array.of(3.3, 4.4), wide, moved: wide }, 5e-4);
 * trial.wrong; // Map { 0 => 0.0999… }
 */
export function comparePrecisions(tensors: readonly Block[], { narrow, wide, moved }: Gradients, limit: number): Trial {
  const trial = newTrial(limit, 0);
  const floor = OF_ALL * roundoffOf("float32") * norm2(wide) + FLUSHED;
  const noise: number[] = [];
  for (const [number, { offset, size }] of tensors.entries()) {
    const [g, other, beside] = [wide, narrow, moved].map((each) => each.subarray(offset, offset + size));
    const length = norm2(g);
    const difference = other.map((x, i) => x - g[i]);
    const distance = norm2(difference);
    // What cancels inside of the network is rounded as float64 rounds it, in its own grains.
    const grain = (norm2(beside.map((x, i) => x - g[i])) * roundoffOf("float32")) / roundoffOf("float64");
    const allowed = floor + GRAINS * grain;
    const off = distance > allowed ? (distance - allowed) / length : 0;
    if (allowed <= (limit / 2) * length) (off > limit ? trial.wrong : trial.right).set(number, off);
    else if (off > limit) {
      const hasDigits = GRAINS * grain <= LINEAR * length;
      if (hasDigits && distance > MARGIN * allowed) trial.wrong.set(number, off);
      else trial.open.add(number);
    }
    if (floor > (limit / 2) * length) continue;
    const scale = dot(difference, g) / length ** 2;
    noise.push(norm2(plusMultiple(difference, -scale, g)) / length);
  }
  noise.sort((a, b) => a - b);
  if (noise.length > 0 && noise[Math.floor(noise.length / 2)] <= limit / 5) return trial;
  return { ...newTrial(limit, 0), open: new Set([...trial.wrong.keys(), ...trial.right.keys(), ...trial.open]) };
}
