import type { InputRequest } from "../data/dataset.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import type { ExamplesAxes } from "../onnx/examples-axes.ts";
import { isFloat, type FloatType } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { LoadOptions } from "./load-options.ts";

/**
 * Where the examples are, as it was said.
 *
 * @throws usage error `no-data`
 */
export function dataSpec({ data, x, y }: LoadOptions): string | { x: string; y: string } {
  if (data !== undefined && x === undefined && y === undefined) return data;
  if (data === undefined && x !== undefined && y !== undefined) return { x, y };
  const halves = x === undefined ? ["--y", "--x"] : ["--x", "--y"];
  throw new ThalwegError({
    kind: "usage",
    code: "no-data",
    message:
      data !== undefined
        ? "The data is given twice: by --data and by --x or --y."
        : x === undefined && y === undefined
          ? "The data is missing."
          : `${halves[0]} is given without ${halves[1]}.`,
    hint: "Give --data FILE.npz (arrays x and y), --x FILE and --y FILE, or --data digits to try.",
  });
}

/** A spec in words. */
export function dataPath(spec: ReturnType<typeof dataSpec>): string {
  return typeof spec === "string" ? spec : `${spec.x} ${spec.y}`;
}

/** What a model asks of the data for each of its inputs. */
export function inputRequests(model: ModelFile, { axes, named }: ExamplesAxes, precision: FloatType): InputRequest[] {
  return model.inputs.map((input) => ({
    name: input.name,
    dtype: isFloat(input.dtype) ? precision : input.dtype,
    shape: input.shape,
    batchAxis: axes.get(input.name),
    isBatchNamed: named.has(input.name),
  }));
}
