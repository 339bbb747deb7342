import { identicalUnits } from "./identical-units.ts";
import { orderAtZero } from "./order-at-zero.ts";
import { permutedCopies } from "./permuted-copies.ts";
import { scalingManifold } from "./scaling-manifold.ts";
import { twoWellSamples } from "./two-well-samples.ts";
import { unequalDecay } from "./unequal-decay.ts";

export const SYMMETRY = [
  orderAtZero,
  permutedCopies,
  scalingManifold,
  unequalDecay,
  twoWellSamples,
  identicalUnits,
] as const;
