import { expect, it } from "vitest";
import { tangentAt } from "./neb.ts";

/** At (1, 0), with (0, 0) before it and (1, 2) behind it. */
const tangent = (before: number, here: number, behind: number) => {
  const points = [
    [0, 0],
    [1, 0],
    [1, 2],
  ].map((point) => Float64Array.from(point));
  return tangentAt(points, [before, here, behind], 1);
};

it.each([
  ["rises", [0, 1, 2], [0, 1]],
  ["falls", [2, 1, 0], [1, 0]],
  // The drops are 3 and 1; the neighbour that lies higher counts by the larger one (Henkelman & Jónsson 2000).
  ["has its top there, higher behind", [0, 3, 2], [1, 6]],
  ["has its top there, higher before", [2, 3, 0], [3, 2]],
  ["has its bottom there, higher behind", [2, 1, 4], [1, 6]],
  ["is level", [1, 1, 1], [1, 2]],
] as const)("the way runs towards the higher neighbour where the loss %s", (_name, [before, here, behind], [x, y]) => {
  const found = tangent(before, here, behind);
  expect(found.tangent[0]).toBeCloseTo(x / Math.hypot(x, y), 14);
  expect(found.tangent[1]).toBeCloseTo(y / Math.hypot(x, y), 14);
  expect([found.before, found.behind]).toEqual([1, 2]);
});
