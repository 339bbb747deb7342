import { requireUnique } from "../util/require-unique.ts";
import { CONDITIONING } from "./conditioning/registry.ts";
import { FLATNESS } from "./flatness/registry.ts";
import { GEOMETRY } from "./geometry/registry.ts";
import { RANDOM_MATRICES } from "./random-matrices/registry.ts";
import { SADDLES } from "./saddles/registry.ts";
import { SYMMETRY } from "./symmetry/registry.ts";

/** Every claim, in the order of the atlas. */
export const CLAIMS = [...GEOMETRY, ...RANDOM_MATRICES, ...SADDLES, ...CONDITIONING, ...SYMMETRY, ...FLATNESS] as const;

requireUnique(CLAIMS, ({ id }) => id, "claims");
