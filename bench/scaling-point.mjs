// node bench/scaling-point.mjs DATA.npz HIDDEN streamed|kept: Hessian products of an MLP on all of DATA; one JSON line.
// "streamed" keeps nothing between products, so that memory cannot grow with the examples; "kept" has the default cache.
import { openDatasetPath } from "../dist/io/open-dataset-path.js";
import { decodeModel } from "../dist/onnx/decode-model.js";
import { crossEntropy } from "../dist/problem/losses/cross-entropy.js";
import { Problem } from "../dist/problem/problem.js";
import { hessianProduct } from "../dist/problem/derivatives/hessian.js";
import { nodeRuntime } from "../dist/runtime/node-runtime.js";
import { multilayerPerceptron } from "./multilayer-perceptron.mjs";
import { median } from "./statistics.mjs";

const [file, hidden, mode] = process.argv.slice(2);
const model = decodeModel(multilayerPerceptron([784, Number(hidden), Number(hidden), 10]), { file: "mlp.onnx" });
const data = openDatasetPath(file, { inputs: model.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape })) });
const problem = Problem.open(model, data, nodeRuntime({ threads: 2, lanes: 2 }), {
  loss: crossEntropy,
  lossOptions: { ignoreIndex: -100, delta: 1 },
  reduction: "mean",
  l2: 0,
  precision: "float32",
  batchSize: 500,
  cacheBytes: mode === "kept" ? 2 ** 30 : 0,
});
const vector = problem.point.parameters;
const times = [];
for (let run = -1; run < 5; run++) {
  const start = performance.now();
  await problem.point.product(hessianProduct, [vector]);
  if (run >= 0) times.push(performance.now() - start);
}
console.log(
  JSON.stringify({
    examples: problem.examples,
    parameters: problem.space.dimension,
    productMs: median(times),
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
  }),
);
