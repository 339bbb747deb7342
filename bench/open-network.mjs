import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bytesSource } from "../dist/files/byte-source.js";
import { readNpz } from "../dist/files/npz.js";
import { Graph } from "../dist/graph/graph.js";
import { openDatasetPath } from "../dist/io/open-dataset-path.js";
import { chooseBatches, elementsPerExample } from "../dist/load/choose-batches.js";
import { decodeModel } from "../dist/onnx/decode-model.js";
import { importGraph } from "../dist/onnx/import-graph.js";
import { crossEntropy } from "../dist/problem/losses/cross-entropy.js";
import { Problem } from "../dist/problem/problem.js";
import { nodeRuntime } from "../dist/runtime/node-runtime.js";
import { sizeOf } from "../dist/util/tensor.js";

/** A network that `torch/export.py` wrote, as a problem on its one batch. */
export function openNetwork(folder, { cacheBytes, threads = 2 }) {
  const file = join(folder, "model.onnx");
  const model = decodeModel(readFileSync(file), { file });
  const inputs = model.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  const data = openDatasetPath(join(folder, "data.npz"), { inputs });
  // The batches and lanes that `load` chooses, which does not let the cache be set.
  const graph = importGraph(model, new Graph(), {
    precision: "float32",
    batch: 2,
    inputShapes: Object.fromEntries(data.inputs.map(({ name, shape }) => [name, [2, ...shape]])),
  });
  const { batchSize, lanes } = chooseBatches({
    examples: data.examples,
    perExample: elementsPerExample([[...graph.outputs.values()][0]], 2),
    parameters: model.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    threads,
    asked: data.examples,
    cutMatters: false,
  });
  return Problem.open(model, data, nodeRuntime({ threads, lanes }), {
    loss: crossEntropy,
    lossOptions: { ignoreIndex: -100, delta: 1 },
    reduction: "mean",
    l2: 0,
    precision: "float32",
    batchSize,
    cacheBytes,
  });
}

/** A vector file of the same folder, flat. */
export function readVector(folder, name, space) {
  const arrays = readNpz(bytesSource(name, readFileSync(join(folder, name))));
  return space.flatten(new Map([...arrays].map(([key, array]) => [key, array.read()])));
}
