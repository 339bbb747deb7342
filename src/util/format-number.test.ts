import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatEstimate,
  formatMeasured,
  formatNumber,
  formatShare,
  formatShareBound,
  typeset,
  formatBound,
} from "./format-number.ts";

describe("formatNumber", () => {
  it.each([
    [0, "0"],
    [1234.5678, "1235"],
    [0.0123456, "0.01235"],
    [-0.00001234567, "-1.235e-5"],
    [9.99999, "10.00"],
    [4.1e9, "4.1e9"],
    [4.10004e9, "4.100e9"],
    [0.05, "0.05"],
    [7, "7"],
    [0.0499999, "0.05000"],
    [null, "n/a"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "-∞"],
  ])("%s is %s", (value, text) => expect(formatNumber(value)).toBe(text));

  it("is right to the digits it shows", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e200, max: 1e200 }), (value) => {
        if (Math.abs(value) < 1e-200) return;
        expect(Math.abs(Number(formatNumber(value)) / value - 1)).toBeLessThan(5.1e-4);
      }),
    );
  });
});

describe("formatEstimate of an exact number", () => {
  it.each([
    [11.56157, 0.0004, "11.562"],
    [11.56157, 0.00004, "11.5616"],
    [11.5, 0.00004, "11.5000"],
    [11.5, 1e-12, "11.5"],
    [1234567, 600, "1.23e6"],
    [2e-9, 3e-7, "(0 ± 3)e-7"],
    [0, 0, "0"],
  ])("%s, rounded by %s, is %s", (value, rounding, text) => expect(formatEstimate(value, 0, rounding)).toBe(text));

  it("shows no digit that rounding may have changed, and none less", () => {
    const size = fc.double({ noNaN: true, min: 1e-3, max: 1e3 });
    fc.assert(
      fc.property(size, fc.double({ noNaN: true, min: 1e-5, max: 0.04 }), (value, share) => {
        const rounding = share * value;
        const text = formatEstimate(value, 0, rounding);
        const [digits, exponent = "0"] = text.split("e");
        const unit = 10 ** (Number(exponent) - (digits.split(".")[1]?.length ?? 0));
        if (Number(exponent) === 0 && !digits.includes(".")) return;
        expect(unit / 2).toBeGreaterThanOrEqual(rounding * (1 - 1e-9));
        expect(unit / 20).toBeLessThan(Math.max(rounding, value * 1e-5));
        expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(unit / 2 + 1e-9 * value);
      }),
    );
  });
});

describe("formatMeasured", () => {
  it.each([
    [11.5613, 0.02, "11.56"],
    [11.5613, 0.2, "11.6"],
    [11.5613, 3, "12"],
    [11.5613, 100, "10"],
    [-0.0042131, 0, "-0.004213"],
    [1.5e-7, 1e-9, "1.50e-7"],
    [123456, 1000, "123000"],
    [0, 1, "0"],
    [12.3456, Number.POSITIVE_INFINITY, "12.35"],
    [Number.POSITIVE_INFINITY, 1, "∞"],
    [Number.NaN, 1, "NaN"],
    [null, 1, "n/a"],
  ])("%s known to %s is %s", (value, uncertainty, text) => expect(formatMeasured(value, uncertainty)).toBe(text));
});

describe("formatEstimate", () => {
  it.each([
    [3.46291, 0.0213, "3.463 ± 0.021"],
    [3.46291, 0.04, "3.46 ± 0.04"],
    [0.0000123, 0.0000004, "(1.23 ± 0.04)e-5"],
    [12, 0, "12"],
    [-0.00119166, 0.00000008, "(-1.19166 ± 0.00008)e-3"],
    [0.5, 0, "0.5"],
    [1234567, 2345, "(1.2346 ± 0.0023)e6"],
    [1234, 56, "1230 ± 60"],
    [-0.001, 0.3, "0.0 ± 0.3"],
    [0, 0.3, "0.0 ± 0.3"],
    [3.456789012, 1e-12, "3.45679 ± 1e-12"],
    [9.996, 0.0996, "10.00 ± 0.10"],
    [1, Number.POSITIVE_INFINITY, "1 ± ∞"],
    [Number.NaN, 1, "NaN"],
    [undefined, 1, "n/a"],
  ])("%s with %s is %s", (value, uncertainty, text) => expect(formatEstimate(value, uncertainty)).toBe(text));

  it("moves neither number by more than half a unit of its last place", () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
        fc.double({ noNaN: true, noDefaultInfinity: true, min: 1e-9, max: 1e9 }),
        (value, uncertainty) => {
          const text = formatEstimate(value, uncertainty);
          const match = /^\(?(-?[\d.e+-]+) ± ([\d.e+-]+?)\)?(?:e(-?\d+))?$/.exec(text);
          if (match === null) throw new Error(text);
          const scaled = text.startsWith("(") ? 10 ** Number(match[3]) : 1;
          const shown = Number(match[1]) * scaled;
          const error =
            text.startsWith("(") || match[3] === undefined
              ? Number(match[2]) * scaled
              : Number(`${match[2]}e${match[3]}`);
          expect(Math.abs(shown - value)).toBeLessThanOrEqual(0.2 * uncertainty + 1e-5 * Math.abs(value));
          expect(Math.abs(error / uncertainty - 1)).toBeLessThan(0.5);
        },
      ),
    );
  });
});

it("shares never round to none or to all", () => {
  expect(formatShare(0.99999)).toBe("> 99.9 %");
  expect(formatShare(1e-9)).toBe("< 0.1 %");
  expect(formatShare(0)).toBe("0 %");
  expect(formatShare(1)).toBe("100 %");
  expect(formatShare(0.9637)).toBe("96.4 %");
  expect(formatShare(1.66519e15)).toBe("1.67e17 %");
  expect(formatShare(2.295)).toBe("229.5 %");
  expect(formatShare(null)).toBe("n/a");
});

it("rounds a bound of a share to where it still is one", () => {
  expect(formatShareBound(1 - 0.0025, "least")).toBe("99.7 %");
  expect(formatShareBound(0.9971, "most")).toBe("99.8 %");
  expect(formatShareBound(0.0004, "least")).toBe("0 %");
  expect(formatShareBound(0.9996, "most")).toBe("100 %");
  fc.assert(
    fc.property(fc.double({ min: 0, max: 50, noNaN: true }), (share) => {
      expect(Number.parseFloat(formatShareBound(share, "least"))).toBeLessThanOrEqual(100 * share * (1 + 1e-15));
      expect(Number.parseFloat(formatShareBound(share, "most"))).toBeGreaterThanOrEqual(100 * share * (1 - 1e-15));
    }),
  );
});

it("sets numbers as in print", () => {
  expect(typeset("-1.2e-5")).toBe("−1.2 × 10⁻⁵");
  expect(typeset("(1.23 ± 0.04)e-5")).toBe("(1.23 ± 0.04) × 10⁻⁵");
  expect(typeset("float32, mean")).toBe("float32, mean");
});

it.each([
  [0.12345, 2, "most", "0.13"],
  [0.12345, 2, "least", "0.12"],
  [-0.12345, 2, "least", "-0.13"],
  [-0.12345, 2, "most", "-0.12"],
  [0.996, 2, "most", "1.0"],
  [0.5, 2, "most", "0.50"],
  [3.41e-14, 2, "most", "3.5e-14"],
  [0, 2, "least", "0"],
] as const)("%d is, to %i digits, at %s %s", (value, digits, end, text) => {
  expect(formatBound(value, digits, end)).toBe(text);
});

describe("what a sentence calls a bound", () => {
  it("is rounded outward: none is a number rounded to the nearest", () => {
    const src = new URL("../", import.meta.url);
    const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) =>
      /(?<!\.test)\.ts$/.test(file),
    );
    expect(files.length).toBeGreaterThan(1000);
    const nearest = files.filter((file) =>
      /(≥|at least|at most|less than|probability below) ?\$\{formatNumber/.test(
        readFileSync(new URL(file, src), "utf8"),
      ),
    );
    expect(nearest).toEqual([]);
  });
});
