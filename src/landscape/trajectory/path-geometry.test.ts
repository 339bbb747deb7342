import { expect, it } from "vitest";
import { pathGeometry } from "./path-geometry.ts";

const along = (points: readonly (readonly number[])[]) =>
  pathGeometry(points.length, (k) => Float64Array.from(points[k]));

it("has the distances from both ends, and of every step the cosine with the one before it", () => {
  const { fromStart, toEnd, cosines } = along([
    [1, 1],
    [4, 1],
    [4, 5],
    [4, 5],
    [1, 1],
  ]);
  expect(fromStart).toEqual([0, 3, 5, 5, 0]);
  expect(toEnd).toEqual([0, 3, 5, 5, 0]);
  // East, north, nowhere, back.
  expect(cosines).toEqual([null, 0, null, null, null]);
  expect(along([[0], [1], [3], [2]]).cosines).toEqual([null, 1, -1, null]);
  const turn = along([
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 1],
  ]).cosines;
  [1, 2].forEach((k) => expect(turn[k]).toBeCloseTo(Math.SQRT1_2, 14));
});

it("lies in the plane of most of its variance, and as far out of it as is left", () => {
  // About (5, 0, 0): 32 of the variance along the first axis, 8 along the second, 2 along the third.
  const { plane } = along([
    [9, 0, 0],
    [1, 0, 0],
    [5, 2, 0],
    [5, -2, 0],
    [5, 0, 1],
    [5, 0, -1],
  ]);
  expect(plane?.shares[0]).toBeCloseTo(32 / 42, 12);
  expect(plane?.shares[1]).toBeCloseTo(8 / 42, 12);
  const rows = plane?.points.map(({ x, y, outside }) => [x, Math.abs(y), outside]) ?? [];
  [
    [4, 0, 0],
    [-4, 0, 0],
    [0, 2, 0],
    [0, 2, 0],
    [0, 0, 1],
    [0, 0, 1],
  ].forEach((expected, i) => expected.forEach((each, k) => expect(rows[i][k]).toBeCloseTo(each, 7)));
});

it("spans no plane where it is straight", () => {
  expect(
    along([
      [0, 0],
      [1, 1],
      [3, 3],
    ]).plane,
  ).toBeNull();
});
