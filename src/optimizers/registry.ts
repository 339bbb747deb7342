import { requireUnique } from "../util/require-unique.ts";
import { adam } from "./adam.ts";
import { adamw } from "./adamw.ts";
import { averagedGradient } from "./averaged-gradient.ts";
import { gradientDescent } from "./gradient-descent.ts";
import { heavyBall } from "./heavy-ball.ts";
import { lion } from "./lion.ts";
import { nesterov } from "./nesterov.ts";
import type { CoordinateOptimizer } from "./optimizer.ts";
import { rmsprop } from "./rmsprop.ts";
import { sgd } from "./sgd.ts";

/** The optimisers that act coordinate by coordinate: what trains in a graph. In the order of the help. */
export const COORDINATE_OPTIMIZERS: readonly CoordinateOptimizer[] = [
  gradientDescent,
  heavyBall,
  nesterov,
  averagedGradient,
  sgd,
  rmsprop,
  adam,
  adamw,
  lion,
];

requireUnique(COORDINATE_OPTIMIZERS, ({ name }) => name, "optimisers");
