import { describe, expect, test } from "vitest";
import { exactEstimate, type Estimate } from "../../estimators/estimate.ts";
import { layersCheck } from "./layers-check.ts";

const exact = (value: number) => exactEstimate(value, 1e-6, 1, "exact", 0.95);
const sampled = (value: number, standardError: number): Estimate => ({
  ...exact(value),
  standardError,
  rounding: 0,
  interval: { lower: value - 2 * standardError, upper: value + 2 * standardError, confidence: 0.95 },
});
const top = (value: number) => ({ value, residual: 1e-6 });

describe("the layers against the whole", () => {
  const layers = [
    { trace: exact(3), top: top(1.5) },
    { trace: exact(-1), top: null },
  ];

  test("pass where they add up and none is above", () => {
    expect(layersCheck(layers, { trace: exact(2), largest: top(1.5) }).passed).toBe(true);
    expect(layersCheck(layers, {}).passed).toBe(true);
    expect(layersCheck([{ trace: exact(0), top: top(0) }], { trace: exact(0), largest: top(0) }).passed).toBe(true);
  });

  test("a trace 1 % too large, or an eigenvalue above the largest, is found", () => {
    expect(layersCheck([{ ...layers[0], trace: exact(3.03) }, layers[1]], { trace: exact(2) }).passed).toBe(false);
    expect(layersCheck(layers, { largest: top(1.49) }).passed).toBe(false);
  });

  test("sampling excuses what it leaves, and no more", () => {
    const wide = [{ trace: sampled(3, 0.1), top: null }];
    expect(layersCheck(wide, { trace: sampled(3.4, 0.1) }).passed).toBe(true);
    expect(layersCheck(wide, { trace: sampled(4.2, 0.1) }).passed).toBe(false);
  });
});
