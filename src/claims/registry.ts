import { requireUnique } from "../util/require-unique.ts";
import { positiveEigenvalues } from "./geometry/positive-eigenvalues.ts";
import { semicircle } from "./random-matrices/semicircle.ts";

/** Every claim, in the order of the atlas. */
export const CLAIMS = [positiveEigenvalues, semicircle] as const;

requireUnique(CLAIMS, ({ id }) => id, "claims");
