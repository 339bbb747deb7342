import { requireUnique } from "../util/require-unique.ts";
import { chain } from "./chain.ts";
import { curvedSaddle } from "./curved-saddle.ts";
import { flatSaddle } from "./flat-saddle.ts";
import { monkeySaddle } from "./monkey-saddle.ts";
import { octopus } from "./octopus.ts";
import { quadratic } from "./quadratic.ts";
import { rosenbrock } from "./rosenbrock.ts";
import { saddle } from "./saddle.ts";
import type { Toy } from "./toy.ts";
import { twoWell } from "./two-well.ts";

/** Every toy, in the order of the help. */
export const TOYS: readonly Toy[] = [
  quadratic,
  saddle,
  monkeySaddle,
  flatSaddle,
  curvedSaddle,
  twoWell,
  rosenbrock,
  octopus,
  chain,
];

requireUnique(TOYS, ({ name }) => name, "toys");
