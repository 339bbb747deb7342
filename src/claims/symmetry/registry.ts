import { curesOfDeath } from "./cures-of-death.ts";
import { deadUnits } from "./dead-units.ts";
import { identicalUnits } from "./identical-units.ts";
import { linearMinima } from "./linear-minima.ts";
import { neuralCollapse } from "./neural-collapse.ts";
import { orderAtZero } from "./order-at-zero.ts";
import { permutedCopies } from "./permuted-copies.ts";
import { plateau } from "./plateau.ts";
import { scalingManifold } from "./scaling-manifold.ts";
import { twoWellSamples } from "./two-well-samples.ts";
import { unequalDecay } from "./unequal-decay.ts";

export const SYMMETRY = [
  linearMinima,
  orderAtZero,
  permutedCopies,
  scalingManifold,
  unequalDecay,
  deadUnits,
  curesOfDeath,
  twoWellSamples,
  plateau,
  identicalUnits,
  neuralCollapse,
] as const;
