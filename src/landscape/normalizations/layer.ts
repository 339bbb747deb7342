import type { Normalization } from "./normalization.ts";

/** d_i ← d_i ‖θ_i‖ / ‖d_i‖ for the weights of every layer i, one tensor each (Li et al. 2018). */
export const layerNormalization: Normalization = {
  name: "layer",
  summary: "each tensor as long as its weights",
  leavesOffsets: true,
  partsOf: () => ({ count: 1, partOf: () => 0 }),
};
