import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bytesSource } from "../dist/files/byte-source.js";
import { readNpz } from "../dist/files/npz.js";
import { loadProblem } from "../dist/load/load-problem.js";
import { Problem } from "../dist/problem/problem.js";

/**
 * A network that `torch/export.py` wrote, as a problem on its one batch, which only the lanes of `load` divide;
 * `load` does not let the cache be set.
 */
export async function openNetwork(folder, { cacheBytes, threads = 2 }) {
  const data = join(folder, "data.npz");
  const { problem } = await loadProblem(join(folder, "model.onnx"), {
    data,
    batchSize: readNpz(bytesSource(data, readFileSync(data))).get("y").shape[0],
    loss: "cross-entropy",
    precision: "float32",
    threads,
  });
  return Problem.open(problem.model, problem.dataset, problem.runtime, { ...problem.options, cacheBytes });
}

/** A vector file of the same folder, flat. */
export function readVector(folder, name, space) {
  const arrays = readNpz(bytesSource(name, readFileSync(join(folder, name))));
  return space.flatten(new Map([...arrays].map(([key, array]) => [key, array.read()])));
}
