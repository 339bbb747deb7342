import { readFileSync } from "node:fs";
import { openDataset } from "../../src/data/open-dataset.ts";
import { bytesSource } from "../../src/files/byte-source.ts";
import { readNpz } from "../../src/files/npz.ts";
import { decodeModel } from "../../src/onnx/decode-model.ts";
import { Problem } from "../../src/problem/problem.ts";
import { DEFAULTS, lossNamed } from "./reference-case.ts";
import { runtime } from "./run-values.ts";

export const PAIRS = ["mlp", "lenet", "resnet", "vit", "gpt"] as const;
export type PairName = (typeof PAIRS)[number];

/** Pairs that networks of some width and of data not learnt by heart are in: what is left between them is measured. */
export type MeasuredPair = "gpt-text" | "resnet-wide";

function bytesOf(path: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(new URL(`../pairs/${path}`, import.meta.url)));
}

/** The first network of a pair of test/pairs on some of its data, its running statistics among the parameters, in float64. */
export function openPair(name: PairName, limit = 64): { readonly problem: Problem; readonly other: Float64Array } {
  const model = decodeModel(bytesOf(`${name}/a.onnx`), { file: `${name}/a.onnx` });
  const inputs = model.inputs.map((input) => ({ name: input.name, dtype: input.dtype, shape: input.shape }));
  const source = { data: bytesSource("data.npz", bytesOf(`${name}/data.npz`)) };
  const data = openDataset("data.npz", source, { inputs, limit });
  const problem = Problem.open(model, data, runtime, {
    ...DEFAULTS,
    loss: lossNamed("cross-entropy"),
    lossOptions: { ignoreIndex: -100, ...(name === "gpt" && { classAxis: 2 }) },
    precision: "float64",
    parameters: [...model.parameters, ...model.statistics].map((each) => each.name),
  });
  return { problem, other: problem.space.flatten(weightsOf(name)) };
}

function weightsOf(name: PairName | MeasuredPair) {
  const weights = readNpz(bytesSource("b.npz", bytesOf(`${name}/b.npz`)));
  return new Map([...weights].map(([key, array]) => [key, array.read()]));
}

/** The first network of a pair in float32, as it is opened for `connect`, on its data or on held-out examples, and the other's weights. */
export function openMeasured(name: MeasuredPair | PairName, file: "data" | "test", limit = 128) {
  const model = decodeModel(bytesOf(`${name}/a.onnx`), { file: `${name}/a.onnx` });
  const inputs = model.inputs.map((input) => ({ name: input.name, dtype: input.dtype, shape: input.shape }));
  const source = { data: bytesSource(`${file}.npz`, bytesOf(`${name}/${file}.npz`)) };
  const problem = Problem.open(model, openDataset(`${file}.npz`, source, { inputs, limit }), runtime, {
    ...DEFAULTS,
    loss: lossNamed("cross-entropy"),
    lossOptions: { ignoreIndex: -100, ...(name.startsWith("gpt") && { classAxis: 2 }) },
    precision: "float32",
  });
  return { problem, model, weights: weightsOf(name) };
}
