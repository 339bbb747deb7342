import { describe, expect, test } from "vitest";
import { exactEstimate, type Estimate } from "../../estimators/estimate.ts";
import { againByNames, layersCheck } from "./layers-check.ts";

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
  again: [{ stated: trace.value, value: trace.value, allowed: 1e-9 }],
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
    const exchanged = layers.map((each, i) => ({
      ...each,
      again: [{ ...each.again[0], stated: layers[1 - i].trace.value }],
    }));
    expect(layersCheck(exchanged, { ...whole, trace: exact(2) }).passed).toBe(false);
  });

  test("a product with a vector in one layer that is another one is found", () => {
    expect(layersCheck(layers, { ...whole, inOneLayer: 1.1 }).passed).toBe(false);
  });
});

describe("the numbers of a layer once more", () => {
  const tensors = [
    { name: "a.w", label: "a.w", shape: [2], offset: 0, size: 2 },
    { name: "a.b", label: "a.b", shape: [1], offset: 2, size: 1 },
    { name: "c.w", label: "c.w", shape: [1], offset: 3, size: 1 },
  ];
  const spread = {
    diagonal: Float64Array.of(1, 2, 3, 4),
    gradient: Float64Array.of(3, 0, 4, 1),
    weights: Float64Array.of(0, 0, 2, 7),
  };
  const right = {
    name: "a",
    tensors: ["a.w", "a.b"],
    parameters: 3,
    trace: exact(6),
    meanCurvature: 2,
    top: top(5),
    topMissProbability: 0,
    gradientNorm: 5,
    weightNorm: 2,
  };
  const blockTop = { ...top(5), missProbability: 0, converged: true, again: { value: 5, allowed: 1e-6 } };
  const passes = (layer: typeof right) => {
    const again = againByNames(layer, tensors, spread, blockTop);
    return layersCheck([{ trace: layer.trace, top: layer.top, again }], whole).passed;
  };

  test("pass where they are those of the tensors that it names", () => {
    expect(passes(right)).toBe(true);
  });

  test.each([
    ["the name of another", { name: "c" }],
    ["the tensors of another", { tensors: ["c.w"] }],
    ["a gradient that is too long", { gradientNorm: 6.5 }],
    ["weights that are too long", { weightNorm: 2.001 }],
    ["a trace that is too large", { trace: exact(6.1) }],
    ["a mean of another trace", { meanCurvature: 2.1 }],
    ["an eigenvalue that is too small", { top: top(4.5) }],
  ])("%s is found", (_what, wrong) => {
    expect(passes({ ...right, ...wrong })).toBe(false);
  });
});
