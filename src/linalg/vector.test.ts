import { expect, it } from "vitest";
import { norm2, plusMultiple } from "./vector.ts";

it.each([
  [[3, 4], 5],
  [[3e200, 4e200], 5e200],
  [[3e-200, 4e-200], 5e-200],
  [[0, 0], 0],
  [[Number.NEGATIVE_INFINITY, 1], Number.POSITIVE_INFINITY],
  // Whatever stands behind it.
  [[Number.NaN, 0], Number.NaN],
  [[1e200, Number.NaN, 1e200], Number.NaN],
])("the length of %j is %d", (x, length) => {
  const found = norm2(Float64Array.from(x));
  if (Number.isFinite(length) && length > 0) expect(found / length).toBeCloseTo(1, 14);
  else expect(found).toBe(length);
});

it("a multiple is added into a vector of its own", () => {
  const x = Float64Array.of(1, 2);
  expect(plusMultiple(x, -2, Float64Array.of(3, 4))).toEqual(Float64Array.of(-5, -6));
  expect(x).toEqual(Float64Array.of(1, 2));
});
