import { expect, it } from "vitest";
import { dot } from "../linalg/vector.ts";
import { createRandom } from "../random/random-stream.ts";
import { GROUP_MAPS } from "./group-maps.ts";
import type { Symmetry, UnitDimension } from "./symmetry.ts";
import {
  applyElement,
  applyToTensor,
  exchange,
  inverseElement,
  linearMap,
  rotation,
  type UnitMap,
} from "./unit-map.ts";

const own = (extent: number, units: number): UnitDimension => ({ extent, units, dual: false });
const dual = (extent: number, units: number): UnitDimension => ({ extent, units, dual: true });
const free = (extent: number): UnitDimension => ({ extent, units: undefined, dual: false });

it("unit i becomes what unit order[i] was, times scales[i]; on the other side of a product over it", () => {
  const symmetry: Symmetry = {
    classes: [{ extent: 3, freedom: "monomial", places: undefined }],
    tensors: [
      { name: "into", offset: 0, dimensions: [own(3, 0), free(2)] },
      { name: "out", offset: 6, dimensions: [free(2), dual(3, 0)] },
    ],
    values: [],
  };
  const element = [[exchange(Uint32Array.of(2, 0, 1), Float64Array.of(2, 4, 8))]];
  const theta = Float64Array.of(1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60);
  const moved = applyElement(symmetry, element, theta);
  expect([...moved]).toEqual([10, 12, 4, 8, 24, 32, 15, 2.5, 2.5, 30, 10, 6.25]);
  expect([...applyElement(symmetry, inverseElement(symmetry, element), moved)]).toEqual([...theta]);
});

it("a linear map M is M⁻ᵀ on the other side, and is undone", () => {
  const symmetry: Symmetry = {
    classes: [{ extent: 2, freedom: "general", places: undefined }],
    tensors: [
      { name: "into", offset: 0, dimensions: [own(2, 0)] },
      { name: "out", offset: 2, dimensions: [dual(2, 0)] },
    ],
    values: [],
  };
  const element = [[linearMap(Float64Array.of(1, 1, 0, 2), 2)]];
  const theta = Float64Array.of(3, 5, 7, 9);
  const moved = applyElement(symmetry, element, theta);
  expect([...moved]).toEqual([8, 10, 7, 1]);
  expect([...applyElement(symmetry, inverseElement(symmetry, element), moved)]).toEqual([...theta]);
});

it("a map of a place goes with what lies there: first the maps, then the places, wherever both stand", () => {
  const symmetry: Symmetry = {
    classes: [
      { extent: 3, freedom: "permutation", places: undefined },
      { extent: 2, freedom: "orthogonal", places: 0 },
    ],
    tensors: [],
    values: [],
  };
  const maps = [0, 1, 2].map((quarter) => {
    const [c, s] = [
      [1, 0],
      [0, 1],
      [-1, 0],
    ][quarter];
    return rotation(Float64Array.of(c, -s, s, c));
  });
  const element = [[exchange(Uint32Array.of(2, 0, 1))], maps];
  // At place p: (10 p + 1, 10 p + 2), turned by p quarters; then place i has what was at order[i].
  const data = Float64Array.of(1, 2, 11, 12, 21, 22);
  expect([...applyToTensor(symmetry, element, data, [own(3, 0), own(2, 1)])]).toEqual([-21, -22, 1, 2, -12, 11]);
  const crosswise = Float64Array.of(1, 11, 21, 2, 12, 22);
  expect([...applyToTensor(symmetry, element, crosswise, [own(2, 1), own(3, 0)])]).toEqual([-21, 1, -12, -22, 2, 11]);
});

it("a rotation about ones leaves them where they are, and is no other", () => {
  for (let seed = 0; seed < 40; seed++) {
    const n = 2 + (seed % 5);
    const matrix = matrixOf(GROUP_MAPS.centred.random(n, createRandom(seed)), n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        const along = dot(matrix.subarray(n * i, n * i + n), matrix.subarray(n * j, n * j + n));
        expect(along).toBeCloseTo(i === j ? 1 : 0, 12);
      }
      expect(matrix.subarray(n * i, n * i + n).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    }
  }
});

it.each(Object.entries(GROUP_MAPS))("the best of the maps that are matched of the group %s is found", (_, group) => {
  for (let seed = 0; seed < 10; seed++) {
    const n = 2 + (seed % 5);
    const own = matrixOf(GROUP_MAPS[group.compact].random(n, createRandom(seed)), n);
    const found = matrixOf(group.matched.best(own.slice(), n), n);
    found.forEach((x, i) => expect(x).toBeCloseTo(own[i], 9));
  }
});

/** The matrix of a map without scales. */
function matrixOf(map: UnitMap, n: number): Float64Array {
  if ("matrix" in map) return map.matrix;
  const matrix = new Float64Array(n * n);
  map.order.forEach((from, i) => (matrix[i * n + from] = 1));
  return matrix;
}
