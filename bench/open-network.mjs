import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bytesSource } from "../dist/files/byte-source.js";
import { readNpz } from "../dist/files/npz.js";
import { openDatasetPath } from "../dist/io/open-dataset-path.js";
import { decodeModel } from "../dist/onnx/decode-model.js";
import { crossEntropy } from "../dist/problem/losses/cross-entropy.js";
import { Problem } from "../dist/problem/problem.js";
import { nodeRuntime } from "../dist/runtime/node-runtime.js";

/** A network that `torch/export.py` wrote, as a problem on its one batch. */
export function openNetwork(folder, { cacheBytes, threads = 2 }) {
  const file = join(folder, "model.onnx");
  const model = decodeModel(readFileSync(file), { file });
  const inputs = model.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  const data = openDatasetPath(join(folder, "data.npz"), { inputs });
  return Problem.open(model, data, nodeRuntime({ threads }), {
    loss: crossEntropy,
    lossOptions: { ignoreIndex: -100, delta: 1 },
    reduction: "mean",
    l2: 0,
    precision: "float32",
    batchSize: data.examples,
    cacheBytes,
  });
}

/** A vector file of the same folder, flat. */
export function readVector(folder, name, space) {
  const arrays = readNpz(bytesSource(name, readFileSync(join(folder, name))));
  return space.flatten(new Map([...arrays].map(([key, array]) => [key, array.read()])));
}
