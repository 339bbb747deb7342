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

const layer = (trace: Estimate, own: number | null) => ({
  trace,
  top: own === null ? null : top(own),
  again: { value: trace.value, allowed: 1e-9 },
});
const whole = { standardErrorOfSum: 0, inOneLayer: 0 };

describe("the layers against the whole", () => {
  const layers = [layer(exact(3), 1.5), layer(exact(-1), null)];

  test("pass where they add up and none is above", () => {
    expect(layersCheck(layers, { ...whole, trace: exact(2), largest: top(1.5) }).passed).toBe(true);
    expect(layersCheck(layers, whole).passed).toBe(true);
    const zero = { ...whole, trace: exact(0), largest: top(0) };
    expect(layersCheck([layer(exact(0), 0)], zero)).toMatchObject({ passed: true, measured: 0 });
  });

  test("a trace 1 % too large, or an eigenvalue above the largest, is found", () => {
    expect(layersCheck([layer(exact(3.03), 1.5), layers[1]], { ...whole, trace: exact(2) }).passed).toBe(false);
    expect(layersCheck(layers, { ...whole, largest: top(1.49) }).passed).toBe(false);
  });

  test("sampling excuses what it leaves of the sum, and no more", () => {
    const wide = [layer(sampled(2, 0.1), null), layer(sampled(1, 0.1), null)];
    const sum = { ...whole, standardErrorOfSum: 0.1 };
    expect(layersCheck(wide, { ...sum, trace: sampled(3.4, 0.1) }).passed).toBe(true);
    // The errors of the layers, one added to the other, would excuse it.
    expect(layersCheck(wide, { ...sum, trace: sampled(3.9, 0.1) }).passed).toBe(false);
  });

  test("traces in each other's place are found, which add up all the same", () => {
    const exchanged = layers.map((each, i) => ({ ...each, trace: layers[1 - i].trace }));
    expect(layersCheck(exchanged, { ...whole, trace: exact(2) }).passed).toBe(false);
  });

  test("a product with a vector in one layer that is another one is found", () => {
    expect(layersCheck(layers, { ...whole, inOneLayer: 1.1 }).passed).toBe(false);
  });
});
