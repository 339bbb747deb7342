import { openDataset } from "../data/open-dataset.ts";
import { bytesSource } from "../files/byte-source.ts";
import { encodeNpz } from "../files/npz.ts";
import { makeNet } from "../nets/make-net.ts";
import { decodeModel } from "../onnx/decode-model.ts";
import type { Loss } from "../problem/losses/loss.ts";
import { meanSquaredError } from "../problem/losses/mean-squared-error.ts";
import { Problem } from "../problem/problem.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Tensor } from "../util/tensor.ts";

/** Examples, one a row, and what the network is to say of them. */
export interface Examples {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** Rows of numbers as examples are given. */
export function rows(data: Float64Array, width: number): Tensor {
  return { dtype: "float64", shape: [data.length / width, width], data };
}

/**
 * A built-in network with a loss on examples, in float64, as a file of it would be opened. To be closed.
 *
 * @example
 * await using problem = openNet("mlp:2-8-1:tanh@3", { x: rows(x, 2), y: rows(y, 1) }, desk.runtime);
 */
export function openNet(name: string, { x, y }: Examples, runtime: Runtime, loss: Loss = meanSquaredError): Problem {
  const model = decodeModel(makeNet(name), { file: name });
  const inputs = model.inputs.map(({ name: input, dtype, shape }) => ({ name: input, dtype, shape }));
  const npz = encodeNpz([
    ["x", x],
    ["y", y],
  ]);
  const dataset = openDataset(name, { data: bytesSource(name, npz) }, { inputs });
  return Problem.open(model, dataset, runtime, {
    loss,
    lossOptions: { ignoreIndex: -100 },
    reduction: "mean",
    l2: 0,
    precision: "float64",
    batchSize: 64,
    cacheBytes: 2 ** 28,
  });
}
