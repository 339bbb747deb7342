import { expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { matchUnits } from "./matching.ts";
import { randomElement } from "./random-element.ts";
import type { Symmetry, UnitDimension } from "./symmetry.ts";
import { applyToTensor, exchange, type GroupElement, identityElement } from "./unit-map.ts";

const dimension = (extent: number, units?: number): UnitDimension => ({ extent, units, dual: false });

/** Three places whose units turn each by a map of their own. */
const symmetry: Symmetry = {
  classes: [
    { extent: 3, freedom: "permutation", places: undefined },
    { extent: 4, freedom: "orthogonal", places: 0 },
    { extent: 5, freedom: "orthogonal", places: 0 },
  ],
  tensors: [],
  values: [],
};

/** Places 0, 1, 2 have what was at 2, 0, 1: no exchange of two, which would be its own inverse. */
const hidden: GroupElement = [
  [exchange(Uint32Array.of(2, 0, 1))],
  ...randomElement(symmetry, createRandom(1)).slice(1),
];

function evidenceOf(dimensions: readonly UnitDimension[]) {
  const size = dimensions.reduce((product, { extent }) => product * extent, 1);
  const theirs = createRandom(2).normalVector(size);
  const mine = applyToTensor(symmetry, hidden, theirs, dimensions);
  return { dimensions, mine, theirs };
}

const square = (x: Float64Array) => x.reduce((sum, each) => sum + each * each, 0);

/** A stream that looks at the classes in this order. */
function looking(first: number) {
  for (let seed = 0; ; seed++) if (createRandom(seed).permutation(3)[0] === first) return createRandom(seed);
}

it("places are found with the maps inside them, in one step", async () => {
  const evidence = evidenceOf([dimension(3, 0), dimension(4, 1), dimension(7)]);
  const { element, agreement, steps } = await matchUnits(symmetry, [evidence], identityElement(symmetry), looking(0));
  expect(agreement / square(evidence.mine)).toBeCloseTo(1, 12);
  expect(steps).toHaveLength(2);
  const [[places]] = element;
  expect("order" in places && [...places.order]).toEqual([2, 0, 1]);
  applyToTensor(symmetry, element, evidence.theirs, evidence.dimensions).forEach((x, i) =>
    expect(x).toBeCloseTo(evidence.mine[i], 10),
  );
});

it("the map of a place that has been exchanged is that of what lies there", async () => {
  // Where two maps meet in one tensor, places are exchanged with the maps as they are.
  const evidence = evidenceOf([dimension(3, 0), dimension(4, 1), dimension(5, 2)]);
  const start = identityElement(symmetry);
  const known = [hidden[0], start[1], hidden[2]];
  const { agreement, steps } = await matchUnits(symmetry, [evidence], known, looking(1));
  expect(steps).toHaveLength(2);
  expect(agreement / square(evidence.mine)).toBeCloseTo(1, 12);
});
