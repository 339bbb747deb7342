import { requireUnique } from "../util/require-unique.ts";
import { GEOMETRY } from "./geometry/registry.ts";
import { RANDOM_MATRICES } from "./random-matrices/registry.ts";
import { SADDLES } from "./saddles/registry.ts";

/** Every claim, in the order of the atlas. */
export const CLAIMS = [...GEOMETRY, ...RANDOM_MATRICES, ...SADDLES] as const;

requireUnique(CLAIMS, ({ id }) => id, "claims");
