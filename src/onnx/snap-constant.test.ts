import fc from "fast-check";
import { expect, test } from "vitest";
import { SELU_ALPHA, SELU_SCALE, snapConstant } from "./snap-constant.ts";

test("decimals that people type and constants of mathematics come back whole", () => {
  const constants = [
    0.1,
    1e-5,
    1e-12,
    0.044715,
    1.702,
    -0.2,
    1 / 3,
    1 / 6,
    Math.SQRT2,
    -Math.SQRT1_2,
    Math.sqrt(2 / Math.PI),
    2 / Math.sqrt(Math.PI),
    1 / Math.sqrt(48),
    Math.sqrt(768),
    64 ** -0.25,
    48 ** -0.25,
    1 / 49,
    Math.PI,
    Math.LN2,
    SELU_ALPHA,
    SELU_SCALE,
  ];
  for (const constant of constants) expect(snapConstant(Math.fround(constant))).toBe(constant);
});

test("what comes back rounds to what went in", () => {
  fc.assert(
    fc.property(fc.float(), (value) => {
      const snapped = snapConstant(value);
      expect(Object.is(Math.fround(snapped), value) || (value === 0 && snapped === 0)).toBe(true);
    }),
  );
});

test("float64 constants are left alone", () => {
  expect(snapConstant(0.1234567890123)).toBe(0.1234567890123);
});
