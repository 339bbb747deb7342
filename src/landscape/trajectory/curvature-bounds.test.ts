import { describe, expect, it } from "vitest";
import { COORDINATE_OPTIMIZERS } from "../../optimizers/registry.ts";
import { criticalSharpnessByRate } from "./critical-sharpness.ts";
import { endText, knownEnd } from "./curvature-bounds.ts";
import { stabilityLine } from "./stability-line.ts";
import type { TrajectoryOptions } from "./trajectory-options.ts";

const point = {
  top: [{ value: 3, residual: 0.01 }],
  bottom: [{ value: -0.5, residual: 0.01 }],
  searchMargin: 0.02,
  gradientCurvature: 4,
};

describe("an end of the spectrum", () => {
  it("is what was found, where what was missed is bounded", () => {
    expect(knownEnd(point, "top")).toEqual({ value: 3, residual: 0.01 });
    expect(endText(point, "bottom")).toBe("-0.500 ± 0.010");
  });

  it("is a bound where the search was cut short: the outermost of all quotients that are known", () => {
    const short = { ...point, searchMargin: null };
    expect(knownEnd(short, "top")).toEqual({ value: 4, residual: null });
    expect(knownEnd(short, "bottom")).toEqual({ value: -0.5, residual: null });
    expect(knownEnd({ ...short, gradientCurvature: -2 }, "bottom")).toEqual({ value: -2, residual: null });
    expect([endText(short, "top"), endText(short, "bottom")]).toEqual(["≥ 4", "≤ -0.5"]);
  });

  it("is nothing where nothing was searched for", () => {
    expect(knownEnd({ ...point, top: [], searchMargin: null }, "top")).toBeUndefined();
    expect(endText({ ...point, top: [] }, "top")).toBe("n/a");
  });
});

describe("what is said of the stability line", () => {
  it("speaks of mini-batches where there are any", () => {
    const options = { lr: 0.1, optimizer: "sgd" as const, momentum: 0 };
    for (const batch of [undefined, 20, 30])
      expect(stabilityLine({ ...options, batch }, 20)?.says).not.toMatch(/batches of/);
    expect(stabilityLine({ ...options, batch: 10 }, 20)?.says).toMatch(/batches of 10 of the 20 examples/);
  });

  it("is that of the optimiser's own momentum, where none is named", () => {
    expect(stabilityLine({ lr: 0.1, optimizer: "momentum", momentum: undefined }, 20)?.curvature).toBeCloseTo(38, 12);
    expect(stabilityLine({ lr: 0.1, optimizer: "momentum", momentum: 0.5 }, 20)?.curvature).toBeCloseTo(30, 12);
  });
});

describe("what is known of plain SGD alone", () => {
  const rateOf = (optimizer: TrajectoryOptions["optimizer"], momentum?: number) =>
    criticalSharpnessByRate({ multiple: 2, error: 0 }, { lr: 0.1, optimizer, momentum }).sharpnessByRate;

  it("is said of every optimiser whose step is η times the gradient", () => {
    expect([rateOf("sgd"), rateOf("gd"), rateOf("momentum", 0), rateOf("nesterov", 0)]).toEqual([10, 10, 10, 10]);
  });

  it("is said of no other", () => {
    const others = COORDINATE_OPTIMIZERS.map(({ name }) => name).filter((name) => name !== "sgd" && name !== "gd");
    expect(others.map((name) => rateOf(name))).toEqual(others.map(() => null));
    expect(rateOf("sgd", 0.9)).toBeNull();
  });
});
