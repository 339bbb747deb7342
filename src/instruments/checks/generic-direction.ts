import { normalize } from "../../linalg/vector.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { lengthsOf } from "./equal-shares.ts";

/** A random direction in which every tensor moves by its own length at a step of 1. */
export function genericDirection({ space, options }: Problem, home: Float64Array, random: RandomStream): Float64Array {
  const lengths = lengthsOf(space.tensors, home);
  const direction = random.normalVector(home.length);
  for (const [t, { offset, size }] of space.tensors.entries()) {
    const part = direction.subarray(offset, offset + size);
    normalize(part);
    for (let i = 0; i < size; i++) part[i] *= lengths[t];
  }
  return options.precision === "float32" ? direction.map(Math.fround) : direction;
}
