import { expect, it } from "vitest";
import { ParameterSpace } from "./parameter-space.ts";

const space = new ParameterSpace([
  { name: "w", shape: [2, 2] },
  { name: "b", shape: [2] },
]);

it("names the parts of a vector without a copy", () => {
  const flat = Float64Array.of(1, 2, 3, 4, 5, 6);
  const named = space.named(flat);
  expect(named.get("b")).toEqual({ dtype: "float64", shape: [2], data: Float64Array.of(5, 6) });
  named.get("w")?.data.fill(0);
  expect([...flat]).toEqual([0, 0, 0, 0, 5, 6]);
  expect(space.flatten(named)).toEqual(flat);
});

it("has copies, too, in either precision", () => {
  const flat = Float64Array.of(1, 2, 3, 4, 5, 0.1);
  const copies = space.unflatten(flat, "float32");
  copies.get("w")?.data.fill(0);
  expect(flat[0]).toBe(1);
  expect(copies.get("b")?.data[1]).toBe(Math.fround(0.1));
});

it("refuses vectors of another space", () => {
  expect(() => space.named(new Float64Array(5))).toThrow(/5 numbers is none of 6 parameters/);
  expect(() => space.unflatten(new Float64Array(7), "float64")).toThrow(RangeError);
});
