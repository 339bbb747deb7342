import { describe, expect, it } from "vitest";
import { slopeAtCritical, slopeOfMany } from "./height-coupling.ts";

describe("height and curvature at critical points", () => {
  it.each([1, 1.5, 2, 5])("is that of |m² − r²| in two dimensions, f″ = %d", (curvature) => {
    // m normal, r² exponential, both of mean square f″: E|m² − r²| given m² = a is a − 1 + 2e⁻ᵃ.
    const [weight, square] = [2 / Math.sqrt(3), 2 + 2 / 27 ** 0.5];
    const mean = (curvature * square) / weight;
    const b = -1 / (2 * curvature);
    const law = (b * mean) / (b * b * mean + 1 / 2 + b / 2);
    expect(slopeAtCritical({ value: 1, slope: -1, curvature }, 2)).toBeCloseTo(law, 4);
  });

  it.each([1, 2, 5])("goes to the law of Bray and Dean like 1/N, f″ = %d", (curvature) => {
    const f = { value: 1, slope: -1, curvature };
    const off = (n: number) => slopeAtCritical(f, n) - slopeOfMany(f);
    expect(Math.abs(off(100))).toBeLessThan(0.02);
    expect(off(50) / off(100)).toBeCloseTo(2, 1);
  });
});
