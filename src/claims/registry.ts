import { requireUnique } from "../util/require-unique.ts";
import { GEOMETRY } from "./geometry/registry.ts";
import { RANDOM_MATRICES } from "./random-matrices/registry.ts";

/** Every claim, in the order of the atlas. */
export const CLAIMS = [...GEOMETRY, ...RANDOM_MATRICES] as const;

requireUnique(CLAIMS, ({ id }) => id, "claims");
