import { readdirSync, readFileSync } from "node:fs";
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

/** Where arguments of a call begin that are as many as a list has elements; comments may show them. */
const SPREAD = /^(?! *\*).*(?:\bMath\.(?:max|min|hypot)\((?:[^()]|\([^()]*\))*\.\.\.|\.push\(\s*\.\.\.)/m;

test("no list is handed over as arguments: neither to Math nor to push", () => {
  for (const call of ["Math.max(0, ...f(x))", "a.push(...b)", "Math.hypot(...b)", "b = Math.min(f(g), ...b)"])
    expect(SPREAD.test(`  ${call};`), call).toBe(true);
  for (const call of ["a.push([...b])", "a.push({ ...b })", "Math.max(a, b)", "[Math.min(a, b), ...b]"])
    expect(SPREAD.test(`  ${call};`), call).toBe(false);
  const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts"),
  );
  expect(sources.length).toBeGreaterThan(500);
  expect(sources.filter((file) => SPREAD.test(readFileSync(`src/${file}`, "utf8")))).toEqual([]);
});
