import { vectorize } from "../autodiff/vectorize.ts";
import { inputNameOf } from "../graph/leaf.ts";
import type { Value } from "../graph/value.ts";
import { reshape } from "../ops/structure.ts";

/**
 * Values of the graph of one example for each example of a batch, [B, …]: what depends on the inputs
 * of shape [1, …] is computed for all B at once, fed under the same names with the shape [B, …].
 */
export function vectorizeExamples(values: readonly Value[], inputs: readonly Value[], examples: number): Value[] {
  const blocks = inputs.map((input) => {
    const batch = input.graph.input(inputNameOf(input) ?? "", input.dtype, [examples, ...input.shape.slice(1)]);
    return [input, reshape(batch, [examples, ...input.shape])] as const;
  });
  return vectorize([...values], new Map(blocks), examples);
}
