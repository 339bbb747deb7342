import { listed } from "./choose-parameters.ts";
import type { LoadedModel } from "./load-model.ts";

/** That a checkpoint holds numbers which the file has no place for: of a network that may be another than the file's. */
export function aboutLeftOut({ path, leftOut }: LoadedModel): string[] {
  if (leftOut.length === 0) return [];
  const [are, them] =
    leftOut.length === 1 ? ["tensor of the checkpoint is", "it"] : ["tensors of the checkpoint are", "them"];
  return [
    `${leftOut.length} ${are} left out, as ${path} has no place for ${them} (${listed(leftOut)}): where the network that was saved uses ${them}, what is measured is another network, as of a file into whose weights a normalisation or an adapter was merged. Export the network as it was saved, with nothing merged.`,
  ];
}
