import { normalize } from "../../linalg/vector.ts";
import { heldParameters } from "../../problem/held-parameters.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { lengthsOf } from "./equal-shares.ts";

/** A random direction in which every tensor moves by its own length at a step of 1, but for those that a frozen node is computed from. */
export function genericDirection(
  { space, options, network }: Problem,
  home: Float64Array,
  random: RandomStream,
): Float64Array {
  const lengths = lengthsOf(space.tensors, home);
  const held = heldParameters(network);
  const direction = random.normalVector(home.length);
  for (const [t, { offset, size }] of space.tensors.entries()) {
    const part = direction.subarray(offset, offset + size);
    normalize(part);
    for (let i = 0; i < size; i++) part[i] *= held.has(t) ? 0 : lengths[t];
  }
  return options.precision === "float32" ? direction.map(Math.fround) : direction;
}

/** What a check says where some tensors stand still; nothing elsewhere. */
export function sayHeld({ space, network }: Problem): string {
  const held = heldParameters(network);
  if (held.size === 0) return "";
  const names = space.tensors.flatMap(({ label }, t) => (held.has(t) ? [`"${label}"`] : []));
  return ` Not moved, as frozen or quantised values are computed from them: ${names.join(", ")}.`;
}
