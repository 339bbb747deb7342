import { expect, test } from "vitest";
import { endOfBulk, lowestEnergy } from "./lowest-energy.ts";

/* Constants of Auffinger, Ben Arous & Černý (2013), solved by an independent program; where there is no figure none is compared. */

test.each([
  [3, 1.6329932, [1.6569984, 1.6528732, 1.6502531]],
  [4, 1.7320508, [1.794085, 1.7833003]],
  [5, 1.7888544, [1.8879888]],
  [10, 1.8973666, [2.1353638]],
])("the lowest energies of %i spins in a term", (p, end, energies) => {
  expect(-endOfBulk(p)).toBeCloseTo(end, 7);
  energies.forEach((energy, index) => expect(-lowestEnergy(index, p)).toBeCloseTo(energy, 7));
});
