import { afterAll } from "vitest";
import { openDataset } from "../../src/data/open-dataset.ts";
import { bytesSource } from "../../src/files/byte-source.ts";
import { encodeNpz } from "../../src/files/npz.ts";
import { makeNet } from "../../src/nets/make-net.ts";
import { decodeModel } from "../../src/onnx/decode-model.ts";
import { meanSquaredError } from "../../src/problem/losses/mean-squared-error.ts";
import { Problem } from "../../src/problem/problem.ts";
import type { Tensor } from "../../src/util/tensor.ts";
import { DEFAULTS } from "./reference-case.ts";
import { runtime } from "./run-values.ts";

/** Opens built-in networks for the tests of one file, and closes them behind the last. */
export function openedNets(): typeof openNet {
  const opened: Problem[] = [];
  afterAll(() => Promise.all(opened.map((problem) => problem.close())));
  return (...asked) => {
    const problem = openNet(...asked);
    opened.push(problem);
    return problem;
  };
}

/** A built-in network with the mean squared error on data, in float64. */
function openNet(name: string, data: { readonly x: Tensor; readonly y: Tensor }): Problem {
  const model = decodeModel(makeNet(name), { file: name });
  const inputs = model.inputs.map(({ name: input, dtype, shape }) => ({ name: input, dtype, shape }));
  const npz = encodeNpz([
    ["x", data.x],
    ["y", data.y],
  ]);
  const dataset = openDataset("data.npz", { data: bytesSource("data.npz", npz) }, { inputs });
  const options = { ...DEFAULTS, loss: meanSquaredError, precision: "float64" } as const;
  return Problem.open(model, dataset, runtime, options);
}
