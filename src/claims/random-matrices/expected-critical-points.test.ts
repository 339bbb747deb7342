import { describe, expect, it } from "vitest";
import { expectedCriticalPoints } from "./expected-critical-points.ts";

describe("mean number of critical points", () => {
  it.each([3, 4, 6, 9])("has the closed forms of N = 2 and N = 3, p = %d", (p) => {
    expect(expectedCriticalPoints(2, p)).toBeCloseTo(2 * Math.sqrt(3 * p - 2), 4);
    expect(expectedCriticalPoints(3, p)).toBeCloseTo(2 + (8 * (p - 1) ** 1.5) / Math.sqrt(3 * p - 2), 4);
  });

  it.each([2, 3, 4, 5, 8, 21])("is 2N of a quadratic form, N = %d", (n) => {
    expect(expectedCriticalPoints(n, 2)).toBeCloseTo(2 * n, 3);
  });
});
