import { describe, expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { orbitDimension } from "./orbit-dimension.ts";
import type { Symmetry } from "./symmetry.ts";
import { type Freedom, FREEDOMS, hasScales, isScaling, isWithin } from "../graph/unit-freedom.ts";
import { GROUP_MAPS } from "./group-maps.ts";

/** y = B A x with h units between: A is [h, n], B is [m, h]. */
function between(n: number, h: number, m: number, freedom: Freedom): Symmetry {
  const axis = (extent: number, units?: number, dual = false) => ({ extent, units, dual });
  return {
    classes: [{ extent: h, freedom, places: undefined }],
    tensors: [
      { name: "a", offset: 0, dimensions: [axis(h, 0), axis(n)] },
      { name: "b", offset: h * n, dimensions: [axis(m), axis(h, 0, true)] },
    ],
    values: [],
  };
}

describe("the dimension of an orbit", () => {
  const theta = createRandom(1).normalVector(24);
  const known = { size: 1, error: 0 };
  it.each([
    ["general", 9],
    ["orthogonal", 3],
    ["centred", 1],
    ["monomial", 3],
    ["positive scaling", 3],
    ["scaling", 3],
    ["permutation", 0],
    ["fixed", 0],
  ] as const)("is that of the group at generic weights: %s, %i", (freedom, dimension) => {
    expect(orbitDimension(between(5, 3, 3, freedom), theta, known)).toBe(dimension);
  });

  it("is smaller where maps leave weights as they are", () => {
    const symmetry = between(5, 3, 3, "general");
    expect(orbitDimension(symmetry, new Float64Array(24), known)).toBe(0);
    // A = a bᵀ and B = c dᵀ: M with Ma = 0 and Mᵀd = 0 move nothing, 4 dimensions of 9.
    const [a, b, c, d] = [3, 5, 3, 3].map((n, i) => createRandom(i).normalVector(n));
    const rankOne = Float64Array.from([
      ...Array.from(a).flatMap((x) => Array.from(b, (y) => x * y)),
      ...Array.from(c).flatMap((x) => Array.from(d, (y) => x * y)),
    ]);
    expect(orbitDimension(symmetry, rankOne, known)).toBe(5);
    // A unit without weights has none to scale.
    const dead = theta.map((x, i) => (i < 5 || (i >= 15 && (i - 15) % 3 === 0) ? 0 : x));
    expect(orbitDimension(between(5, 3, 3, "monomial"), dead, known)).toBe(2);
  });

  it("does not count tangents shorter than what weights are off", () => {
    const tiny = theta.map((x) => 1e-9 * x);
    expect(orbitDimension(between(5, 3, 3, "general"), tiny, { size: 0, error: 0 })).toBe(9);
    expect(orbitDimension(between(5, 3, 3, "general"), tiny, { size: 0, error: 1e-7 })).toBe(0);
  });
});

it.each(FREEDOMS)("the group %s has scales where it can stretch one unit, and there only", (freedom) => {
  const stretchesOne = GROUP_MAPS[freedom]
    .generators(3)
    .some((matrix) => matrix[0] === 1 && matrix.every((x, i) => i === 0 || x === 0));
  expect(hasScales(freedom)).toBe(stretchesOne);
  expect(isScaling(freedom)).toBe(stretchesOne && !isWithin("permutation", freedom));
});
