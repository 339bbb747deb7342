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
  const weights = readNpz(bytesSource("b.npz", bytesOf(`${name}/b.npz`)));
  return { problem, other: problem.space.flatten(new Map([...weights].map(([key, array]) => [key, array.read()]))) };
}
