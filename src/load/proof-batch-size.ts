import { elementsPerExample } from "../graph/elements-per-example.ts";
import { batchAxes } from "../onnx/bind-inputs.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import type { Problem } from "../problem/problem.ts";

/** Values that one forward pass of a proof may hold, and the most examples that it takes. */
const ELEMENTS = 2 ** 20;
const MOST_EXAMPLES = 16;

/** How many examples a proof runs a file on, and whether it takes no other number. */
export function proofBatchSize(
  problem: Problem,
  model: ModelFile,
): { readonly size: number; readonly isOnly: boolean } {
  const { examples, network, options } = problem;
  const axis = batchAxes(model.inputs)[0];
  const declared = axis === undefined ? undefined : model.inputs[0].shape[axis];
  const perExample = elementsPerExample([...network.imported.outputs.values()], Math.min(options.batchSize, examples));
  const most = Math.min(MOST_EXAMPLES, Math.max(2, Math.floor(ELEMENTS / perExample)));
  const fitting = Math.min(most, options.batchSize, examples);
  // A file that leaves its batch open may take one size all the same.
  const only = typeof declared === "number" ? declared : problem.takesBatch(fitting) ? undefined : options.batchSize;
  return { size: only ?? fitting, isOnly: only !== undefined };
}
