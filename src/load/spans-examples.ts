import type { Dataset } from "../data/dataset.ts";
import { batchAxes, fromExamplesFirst } from "../onnx/bind-inputs.ts";
import type { ModelFile } from "../onnx/decode-model.ts";

/**
 * Whether an input has an axis of examples beside that which counts them, as the matrix of a graph's edges has: the file
 * gives both one name, and the data is as long on both. No part of such examples is a batch.
 */
export function spansExamples(
  { inputs }: ModelFile,
  { inputs: given, examples }: Dataset,
  examplesAxes: ReadonlyMap<string, number>,
): boolean {
  const axes = batchAxes(inputs).map((axis, i) => examplesAxes.get(inputs[i].name) ?? axis);
  const names = new Set(axes.map((axis, i) => axis !== undefined && inputs[i].shape[axis]));
  return inputs.some(({ name, shape }, i) => {
    const ofExample = given.find((each) => each.name === name)?.shape;
    const axis = axes[i];
    if (ofExample === undefined || axis === undefined) return false;
    const extents = fromExamplesFirst([examples, ...ofExample], axis);
    return shape.some(
      (extent, each) => each !== axis && typeof extent === "string" && names.has(extent) && extents[each] === examples,
    );
  });
}
