import type { Dataset } from "../data/dataset.ts";
import { isSameGraph } from "../graph/same-graph.ts";
import { inputError } from "../files/input-error.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { buildNetwork, type Network } from "../problem/network.ts";
import type { ProblemOptions } from "../problem/problem-options.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { replaceWeights } from "./replace-weights.ts";
import { arraysIn } from "./weights-file.ts";

/** A network with a loss behind it. */
interface Opened {
  readonly dataset: Dataset;
  readonly options: ProblemOptions;
  readonly network: Network;
  readonly point: { readonly batchSize: number };
}

/**
 * The other file is of the same network where, given the tensors of this one, it computes the same graph.
 *
 * @throws input error `another-network`
 */
export function requireSameNetwork(
  { dataset, options, network, point }: Opened,
  model: ModelFile,
  other: ModelFile,
): void {
  const { model: ours } = replaceWeights(other, arraysIn(model), model.file);
  if (isSame()) return;
  throw inputError(
    "another-network",
    `${other.file} is another network than ${model.file}: with the same weights it computes something else.`,
    { file: other.file },
    "Give weights of the same architecture, exported the same way.",
  );

  function isSame(): boolean {
    try {
      return isSameGraph([buildNetwork(ours, dataset, options, point.batchSize).graph.total], [network.graph.total]);
    } catch (error) {
      if (error instanceof ThalwegError && error.kind === "input") return false;
      throw error;
    }
  }
}
