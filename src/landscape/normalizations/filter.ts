import type { Normalization } from "./normalization.ts";

/** Tensors that a sentence names. */
const NAMED = 3;

/**
 * d_ij ← d_ij ‖θ_ij‖ / ‖d_ij‖ for every filter j of every layer i (Li, Xu, Taylor, Studer & Goldstein 2018): a picture does
 * not change where the weights of a layer are multiplied by a factor that the next one takes back. It does change where
 * single units are: that is no invariance to all rescalings, and no measure of the Hessian. Queries, keys and values of
 * attention count head by head: what enters a product of two that were computed is told by its units together alone.
 */
export const filterNormalization: Normalization = {
  name: "filter",
  summary: "each filter as long as its weights",
  leavesOffsets: true,
  partsOf: ({ count, filterOf, heads }) =>
    heads
      ? { count: heads.count, partOf: (element) => heads.headOf[filterOf[element]] }
      : { count, partOf: (element) => filterOf[element] },
  notes(filters) {
    const withHeads = filters.flatMap(({ tensor, role, heads }) =>
      heads && role === "weights" ? [{ name: tensor.label ?? tensor.name, heads: heads.ofSeveral }] : [],
    );
    if (withHeads.length === 0) return [];
    const names = withHeads.slice(0, NAMED).map(({ name, heads }) => `${name} (${heads})`);
    const more = withHeads.length > NAMED ? ` and ${withHeads.length - NAMED} more` : "";
    return [
      `A filter is a whole attention head, not a unit of one, in the projections ${names.join(", ")}${more}; in brackets the heads.`,
    ];
  },
};
