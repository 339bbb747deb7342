import type { Dataset } from "../data/dataset.ts";
import { bindInputs } from "../onnx/bind-inputs.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { type DType, type FloatType, isFloat, type Shape } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

/**
 * Stands for data that are not there when only the shapes of a graph are asked for: inputs as the
 * model declares them, labels as given.
 *
 * @throws ThalwegError `open-dimensions` where the model leaves an axis other than the batch open
 */
export function describedDataset(
  model: ModelFile,
  examples: number,
  labels: { readonly dtype: DType; readonly shape: Shape },
  precision: FloatType,
): Dataset {
  const unread = (): never => {
    throw new ThalwegError({
      kind: "internal",
      code: "no-data",
      message: "Examples were asked for where only shapes are known.",
    });
  };
  const { shapes } = bindInputs(model.inputs, { batch: examples }, model.file);
  return {
    name: "shapes only",
    examples,
    inputs: model.inputs.map(({ name, dtype }) => ({
      name,
      array: name,
      dtype: isFloat(dtype) ? precision : dtype,
      shape: shapes.get(name)?.slice(1) ?? [],
    })),
    labels: { array: "y", ...labels },
    notes: [],
    batch: unread,
    y: unread,
    sha256: unread,
  };
}
