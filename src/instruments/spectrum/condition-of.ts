import type { Condition } from "./spectrum-part.ts";

/**
 * λmax over the smallest eigenvalue above the threshold, κ = λ₁/λₛ. Rounding moves each by half of the threshold, e, so that
 * κ lies between (λ₁ − e)/(λₛ + e) and (λ₁ + e)/(λₛ − e): the error is the larger, upper side of that. Eigenvalues within the
 * threshold may be positive too: then there is only the lower bound.
 *
 * @param values ascending; undefined where they were not computed
 * @param largest λ₁
 * @param zero the threshold
 */
export function conditionOf(values: Float64Array | undefined, largest: number, zero: number): Condition | null {
  const smallest = values?.find((value) => value > zero);
  if (!values || smallest === undefined || largest <= 0) return null;
  const unresolved = values.some((value) => Math.abs(value) <= zero);
  const error = zero / 2;
  const value = largest / smallest;
  const about = { of: "the eigenvalues above the rounding threshold", largest, smallest };
  return unresolved
    ? { ...about, value: (largest - error) / (smallest + error), bound: "lower bound", error: null }
    : { ...about, value, bound: "value", error: (largest + error) / (smallest - error) - value };
}
