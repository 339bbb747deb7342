import { requireUnique } from "../../util/require-unique.ts";
import { filterNormalization } from "./filter.ts";
import { layerNormalization } from "./layer.ts";
import { noNormalization } from "./none.ts";
import type { Normalization } from "./normalization.ts";

/** Every normalisation, in the order of the help. */
export const NORMALIZATIONS = [
  filterNormalization,
  layerNormalization,
  noNormalization,
] as const satisfies Normalization[];

requireUnique(NORMALIZATIONS, ({ name }) => name, "normalisations");
