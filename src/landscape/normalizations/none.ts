import type { Normalization } from "./normalization.ts";

/** The direction as it was found; a random one has unit variance in every coordinate, so that E dᵀHd = tr H. */
export const noNormalization: Normalization = {
  name: "none",
  summary: "as it was found",
  leavesOffsets: false,
  partsOf: () => undefined,
};
