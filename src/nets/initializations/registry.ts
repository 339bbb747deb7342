import { requireUnique } from "../../util/require-unique.ts";
import { he } from "./he.ts";
import { identity } from "./identity.ts";
import type { Initialization } from "./initialization.ts";
import { lecun } from "./lecun.ts";
import { mup } from "./mup.ts";
import { ntk } from "./ntk.ts";
import { orthogonal } from "./orthogonal.ts";
import { pytorch } from "./pytorch.ts";
import { smallNormal } from "./small-normal.ts";
import { xavier } from "./xavier.ts";
import { zero } from "./zero.ts";

/** Every initialisation, in the order of the help. */
export const INITIALIZATIONS: readonly Initialization[] = [
  he,
  xavier,
  lecun,
  pytorch,
  orthogonal,
  smallNormal,
  identity,
  zero,
  ntk,
  mup,
];

requireUnique(INITIALIZATIONS, ({ name }) => name, "initialisations");
