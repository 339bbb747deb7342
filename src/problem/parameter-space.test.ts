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
  expect(() => space.named(new Float64Array(5))).toThrow(/^A vector of 6 numbers is needed, and one of 5 was given/);
  expect(() => space.unflatten(new Float64Array(7), "float64")).toThrow(/and one of 7 was given/);
});

it("refuses tensors of another shape, and takes an axis of one element for none", () => {
  const b = { dtype: "float64", shape: [2, 1], data: Float64Array.of(5, 6) } as const;
  const w = (shape: readonly number[], size = 4) =>
    ({ dtype: "float64", shape, data: new Float64Array(size) }) as const;
  expect(
    space.flatten(
      new Map([
        ["w", w([1, 2, 2])],
        ["b", b],
      ]),
    ),
  ).toEqual(Float64Array.of(0, 0, 0, 0, 5, 6));
  for (const other of [w([4]), w([2, 2], 3), w([2, 2], 5)])
    expect(() =>
      space.flatten(
        new Map([
          ["w", other],
          ["b", b],
        ]),
      ),
    ).toThrow(/array "w" has the shape/);
});
