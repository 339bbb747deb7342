import { describe, expect, it } from "vitest";
import { conditionOf } from "./condition-of.ts";

const ZERO = 0.02;

/** What rounding leaves open: each eigenvalue half of the threshold up or down. */
function truths(largest: number, smallest: number): number[] {
  const off = [-ZERO / 2, 0, ZERO / 2];
  return off.flatMap((a) => off.map((b) => (largest + a) / (smallest + b)));
}

describe("the condition number", () => {
  it.each([0.0201, 0.03, 0.1, 1, 9.9])("holds what rounding leaves of 10 over %d", (smallest) => {
    const found = conditionOf(Float64Array.of(-3, smallest, 10), 10, ZERO);
    expect(found?.bound).toBe("value");
    const { value = Number.NaN, error } = found ?? {};
    for (const truth of truths(10, smallest))
      expect(Math.abs(truth - value)).toBeLessThanOrEqual((error ?? 0) * (1 + 1e-12));
  });

  it.each([0.0201, 0.03, 0.1, 1])(
    "is a lower bound of 10 over %d where others cannot be told from zero",
    (smallest) => {
      const found = conditionOf(Float64Array.of(-3, 0.019, smallest, 10), 10, ZERO);
      expect(found).toMatchObject({ bound: "lower bound", error: null });
      for (const truth of truths(10, smallest)) expect(found?.value).toBeLessThanOrEqual(truth * (1 + 1e-12));
    },
  );

  it("is none without positive eigenvalues, and without the spectrum", () => {
    expect(conditionOf(Float64Array.of(-3, -1), -1, ZERO)).toBeNull();
    expect(conditionOf(Float64Array.of(-3, 0.01), 0.01, ZERO)).toBeNull();
    expect(conditionOf(undefined, 10, ZERO)).toBeNull();
  });
});
