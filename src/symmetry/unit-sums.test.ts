import { expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import type { Symmetry, UnitDimension } from "./symmetry.ts";
import { exchange, type GroupElement, identityOrder } from "./unit-map.ts";
import { type Evidence, UnitSums } from "./unit-sums.ts";

const [INPUTS, FIRST, SECOND] = [5, 9, 30];
const own = (extent: number, units?: number): UnitDimension => ({ extent, units, dual: false });

/** Two layers of units: the second reads the first. */
const symmetry: Symmetry = {
  classes: [
    { extent: FIRST, freedom: "permutation", places: undefined },
    { extent: SECOND, freedom: "permutation", places: undefined },
  ],
  tensors: [],
  values: [],
};

function evidenceOf(seed: number, dimensions: readonly UnitDimension[]): Evidence {
  const size = dimensions.reduce((product, { extent }) => product * extent, 1);
  const [mine, theirs] = ["mine", "theirs"].map((name) => createRandom(seed).split(name).normalVector(size));
  return { dimensions, mine, theirs };
}

const inputs = evidenceOf(1, [own(FIRST, 0), own(INPUTS)]);
const between = evidenceOf(2, [own(FIRST, 0), own(SECOND, 1)]);

/** S[i, j] = Σ over what meets unit i of mine · what meets unit j of the other network, its second layer in the order asked for. */
function bySums(order: Uint32Array): number[] {
  return Array.from({ length: FIRST * FIRST }, (_, at) => {
    const [i, j] = [Math.floor(at / FIRST), at % FIRST];
    let sum = 0;
    for (let k = 0; k < INPUTS; k++) sum += inputs.mine[i * INPUTS + k] * inputs.theirs[j * INPUTS + k];
    order.forEach((from, k) => (sum += between.mine[i * SECOND + k] * between.theirs[j * SECOND + from]));
    return sum;
  });
}

it("are those of the units as they lie now, however few of the others have moved since the last look", () => {
  const sums = new UnitSums(symmetry, [inputs, between]);
  const whole = createRandom(3).permutation(SECOND);
  const few = whole.slice();
  [few[4], few[7]] = [few[7], few[4]];
  for (const order of [identityOrder(SECOND), whole, few, few, whole, identityOrder(SECOND)]) {
    const element: GroupElement = [[exchange(identityOrder(FIRST))], [exchange(order)]];
    const expected = bySums(order);
    sums.of(element, 0).forEach((x, i) => expect(x).toBeCloseTo(expected[i], 10));
  }
});

it("say whether the agreement is linear in the map of a class", () => {
  const twice = evidenceOf(4, [own(FIRST, 0), own(FIRST, 0)]);
  expect(new UnitSums(symmetry, [inputs, between]).standsOnce(0)).toBe(true);
  expect(new UnitSums(symmetry, [inputs, twice]).standsOnce(0)).toBe(false);
  expect(new UnitSums(symmetry, [inputs, twice]).standsOnce(1)).toBe(true);
});
