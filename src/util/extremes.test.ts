import fc from "fast-check";
import { expect, test } from "vitest";
import { hypotOf, maxOf, minOf } from "./extremes.ts";

test("extremes are those of Math, bit for bit", () => {
  fc.assert(
    fc.property(fc.array(fc.double()), (values) => {
      expect(maxOf(values)).toBe(Math.max(...values));
      expect(minOf(values)).toBe(Math.min(...values));
    }),
  );
});

test("lengths are those of Math.hypot to the last bits", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true })), (values) => {
      const length = Math.hypot(...values);
      if (length === Number.POSITIVE_INFINITY || length === 0) expect(hypotOf(values)).toBe(length);
      else expect(Math.abs(hypotOf(values) / length - 1)).toBeLessThan(4e-16);
    }),
  );
});

test("a million numbers are no more trouble than three", () => {
  const many = Array.from({ length: 1e6 }, (_, i) => i % 7);
  expect([maxOf(many), minOf(many)]).toEqual([6, 0]);
  expect(hypotOf(many)).toBeCloseTo(Math.sqrt(many.reduce((sum, x) => sum + x * x, 0)), 6);
});
