import { describe, expect, it } from "vitest";
import { extrapolate } from "./extrapolate.ts";

/** nβ at a quarter, one and four times 1/ln n, n = 200. */
const TEMPERATURES = [0.25, 1, 4].map((multiple) => (multiple * 200) / Math.log(200));
const ERROR = 0.01;
const COVARIANCE = TEMPERATURES.map((_, k) => TEMPERATURES.map((_each, l) => (k === l ? ERROR ** 2 : 0)));

/** λ(t) of ½ Σ κ w² under a localisation of γ = 1: ½ Σ tκ/(tκ + 1). */
const regular = (curvatures: readonly number[]) =>
  TEMPERATURES.map((t) => ({
    t,
    value: curvatures.reduce((sum, each) => sum + (t * each) / (t * each + 1) / 2, 0),
  }));

describe("the limit of λ(t)", () => {
  it.each([
    ["alike", [5, 5, 5, 5]],
    ["of two sizes", [0.3, 0.3, 20, 20]],
    ["of many sizes", [0.07, 0.5, 2.2, 18.5]],
    ["evenly many sizes", [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8]],
    ["large", [1000, 2000]],
  ])("of a regular model whose curvatures are %s is half of its parameters", (_how, curvatures) => {
    const half = curvatures.length / 2;
    const { value, lower, upper } = extrapolate(regular(curvatures), COVARIANCE, curvatures.length);
    expect(Math.abs(value - half)).toBeLessThan(0.03 * half);
    expect(lower).toBeLessThan(half);
    expect(upper).toBe(half);
  });

  it("far below half of the parameters hangs on none of these", () => {
    const points = TEMPERATURES.map((t) => ({ t, value: 0.5 }));
    const [two, many] = [extrapolate(points, COVARIANCE, 4), extrapolate(points, COVARIANCE, 40)];
    expect(many.value).toBeCloseTo(two.value, 8);
    expect(many.upper).toBeCloseTo(two.upper, 8);
    expect(two.upper).toBeLessThan(0.7);
    expect(two.lower).toBeGreaterThan(0.45);
  });

  it("of a loss with a kink, |w|, is d, and stays so", () => {
    const { value, lower, upper } = extrapolate(
      TEMPERATURES.map((t) => ({ t, value: 2 })),
      COVARIANCE,
      2,
    );
    expect(value).toBeCloseTo(2, 1);
    expect(lower).toBeGreaterThan(1);
    expect(upper).toBeLessThan(3);
  });
});
