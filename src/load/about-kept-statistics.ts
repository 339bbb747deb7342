import { listed } from "./choose-parameters.ts";
import type { LoadedModel } from "./load-model.ts";

/** That a checkpoint is measured with statistics of other weights, as it has none of its own. */
export function aboutKeptStatistics({ path, weights, keptStatistics: kept }: LoadedModel): string[] {
  if (weights === undefined || kept.length === 0) return [];
  const [are, stayed] =
    kept.length === 1
      ? ["statistic of normalisation is", `it stayed as ${path} has it`]
      : ["statistics of normalisation are", `they stayed as ${path} has them`];
  return [
    `${kept.length} ${are} not in the checkpoint (${listed(kept)}): ${stayed}, where the weights are others. Save the checkpoint with its buffers, or take the statistics of each batch (--bn training).`,
  ];
}
