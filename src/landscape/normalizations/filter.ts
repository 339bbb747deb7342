import type { Normalization } from "./normalization.ts";

/**
 * d_ij ← d_ij ‖θ_ij‖ / ‖d_ij‖ for every filter j of every layer i (Li, Xu, Taylor, Studer & Goldstein 2018): a picture does
 * not change where the weights of a layer are multiplied by a factor that the next one takes back. It does change where
 * single units are: that is no invariance to all rescalings, and no measure of the Hessian.
 */
export const filterNormalization: Normalization = {
  name: "filter",
  summary: "each filter as long as its weights",
  leavesOffsets: true,
  partsOf: ({ count, filterOf }) => ({ count, partOf: (element) => filterOf[element] }),
};
