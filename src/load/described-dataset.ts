import type { Dataset } from "../data/dataset.ts";
import { batchAxisOf } from "../onnx/bind-inputs.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import type { DType, Shape } from "../util/tensor.ts";
import { isFloat } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

/**
 * Stands for data that are not there when only the shapes of a graph are asked for: inputs as the
 * model declares them, labels as given.
 *
 * @throws ThalwegError `open-dimensions`; reading a batch is a bug
 */
export function describedDataset(model: ModelFile, examples: number, labels: { readonly dtype: DType; readonly shape: Shape }, precision: "float32" | "float64"): Dataset {
  const unread = (): never => {
    throw new ThalwegError({ kind: "internal", code: "no-data", message: "Examples were asked for where only shapes are known." });
  };
  return {
    name: "shapes only",
    examples,
    inputs: model.inputs.map((input) => ({
      name: input.name,
      array: input.name,
      dtype: isFloat(input.dtype) ? precision : input.dtype,
      shape: input.shape.filter((_, axis) => axis !== (batchAxisOf(input) ?? -1)).map((extent) => {
        if (typeof extent === "number") return extent;
        throw new ThalwegError({
          kind: "input",
          code: "open-dimensions",
          message: `The model's input ${input.name} leaves the axis ${extent ?? "?"} open.`,
          where: { file: model.file, input: input.name },
          hint: "Give --data, whose shapes then count.",
        });
      }),
    })),
    labels: { array: "y", ...labels },
    notes: [],
    batch: unread,
    y: unread,
    sha256: unread,
  };
}
