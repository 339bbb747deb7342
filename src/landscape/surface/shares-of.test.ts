import { describe, expect, it } from "vitest";
import { sharesOf, spreadOf } from "./shares-of.ts";

const estimate = (value: number, lower: number, upper: number) => ({
  value,
  standardError: 1,
  products: 10,
  method: "sampled",
  interval: { lower, upper, confidence: 0.95 },
  converged: true,
  rounding: 0,
});
const inPlane = (trace: number, overlaps: readonly number[] = [], traceRounding = 0) => ({
  trace,
  traceRounding,
  overlaps: [...overlaps],
});
const DIMENSION = 4;
const shareIn = (inside: number, lower: number, upper: number) =>
  sharesOf(inPlane(inside), { trace: estimate((lower + upper) / 2, lower, upper), top: null }, DIMENSION).trace;

describe("the share of tr H in a plane", () => {
  it("is as far known as tr H, which it is divided by", () => {
    expect(shareIn(6, 10, 30)).toEqual({ value: 0.3, lower: 0.2, upper: 0.6 });
    expect(shareIn(-6, 10, 30)).toEqual({ value: -0.3, lower: -0.6, upper: -0.2 });
    expect(shareIn(-6, -30, -10)).toEqual({ value: 0.3, lower: 0.2, upper: 0.6 });
  });

  it("reaches as far as rounding, where that is all there is", () => {
    const rounded = (inside: number, rounding: number) =>
      sharesOf(inPlane(inside, [], rounding), { trace: estimate(20, 10, 30), top: null }, DIMENSION).trace;
    expect(rounded(1e-9, 1e-6)).toMatchObject({ lower: (1e-9 - 1e-6) / 10, upper: (1e-9 + 1e-6) / 10 });
    expect(rounded(6, 1)).toMatchObject({ lower: 5 / 30, upper: 0.7 });
  });

  it("of eigenvectors that stand on it at a right angle is below rounding, not a number", () => {
    const top = { values: [{ value: 3, residual: 0 }], resolved: 1, angle: 0, converged: true };
    const share = sharesOf(inPlane(0, [3.4e-32]), { trace: null, top }, DIMENSION).top;
    expect(share?.lower).toBe(0);
    expect(share?.upper).toBeGreaterThan(10 * (share?.value ?? 1));
  });

  it("is not known where tr H may be 0", () => {
    const nothing = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
    expect(shareIn(6, -10, 30)).toEqual({ value: 0.6, ...nothing });
    expect(shareIn(6, 0, 30)).toMatchObject(nothing);
    expect(sharesOf(inPlane(6), { trace: null, top: null }, DIMENSION)).toEqual({ trace: null, top: null });
  });

  it("of the largest eigenvalues is of those that are told apart, where the search for them ended", () => {
    const values = [3, 1, 0.9].map((value) => ({ value, residual: 0 }));
    const top = (converged: boolean) =>
      sharesOf(inPlane(0, [0.5, 0.1, 1]), { trace: null, top: { values, resolved: 2, angle: 0, converged } }, DIMENSION)
        .top;
    expect(top(true)?.value).toBeCloseTo(1.6 / 4, 14);
    expect(top(false)).toBeNull();
  });
});

it("planes scatter as a sample does", () => {
  const axes = [2, 4, 12].map((trace) => ({
    vectors: null,
    titles: [],
    lengths: [1, 1],
    gram: [],
    cosine: 0,
    slope: [],
    curvature: [],
    asymmetry: 0,
    trace,
    traceRounding: 0,
    overlaps: [],
    marks: [],
    notes: [],
    warnings: [],
    converged: true,
  }));
  expect(spreadOf({ axes })).toEqual({ lowest: 1, highest: 6, mean: 3, deviation: Math.sqrt(7) });
  expect(spreadOf({ axes: axes.slice(1) })).toMatchObject({ mean: 4, deviation: Math.sqrt(8) });
  expect(spreadOf({ axes: axes.slice(0, 1) })).toBeNull();
});
