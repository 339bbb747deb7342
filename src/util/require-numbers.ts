import { shownValue } from "./shown-value.ts";
import { ThalwegError } from "./thalweg-error.ts";

/**
 * Stops at a vector that has not so many numbers, or is none.
 *
 * @param each what they are, as a clause: "one for each parameter"
 * @throws usage error `dimension-mismatch`
 */
export function requireNumbers(vector: Float64Array, count: number, each: string): void {
  const given: unknown = vector;
  if (given instanceof Float64Array && given.length === count) return;
  const found = given instanceof Float64Array ? `one of ${given.length}` : shownValue(given);
  throw new ThalwegError({
    kind: "usage",
    code: "dimension-mismatch",
    message: `A vector of ${count} numbers is needed, and ${found} was given.`,
    hint: `Give a Float64Array with ${each}.`,
  });
}
