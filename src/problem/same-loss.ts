import { isSameGraph } from "../graph/same-graph.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { buildNetwork } from "./network.ts";
import type { Problem } from "./problem.ts";

type Built = Pick<Problem, "dataset" | "options" | "network"> & { readonly point: { readonly batchSize: number } };

/**
 * Whether a model file gives the loss of a problem at every θ: its parameters may hold other numbers, and so may what has
 * no part in the loss. Cost: the graph is built once; nothing is computed.
 *
 * @throws what keeps the file from being read as this network
 */
export function isSameLoss({ dataset, options, network, point }: Built, model: ModelFile): boolean {
  // Files may hold the same tensors in another order.
  const parameters = [...network.imported.parameters.keys()];
  const other = buildNetwork(model, dataset, { ...options, parameters }, point.batchSize);
  return isSameGraph([other.graph.total], [network.graph.total]);
}
