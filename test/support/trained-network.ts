import { openDataset } from "../../src/data/open-dataset.ts";
import { bytesSource } from "../../src/files/byte-source.ts";
import { norm2 } from "../../src/linalg/vector.ts";
import { decodeModel } from "../../src/onnx/decode-model.ts";
import { Problem } from "../../src/problem/problem.ts";
import type { FloatType } from "../../src/util/tensor.ts";
import { DEFAULTS, lossNamed } from "./reference-case.ts";
import { runtime } from "./run-values.ts";

/** A network that test/trained/generate.py wrote. */
export interface TrainedNetwork {
  readonly name: string;
  readonly loss: string;
  readonly precision: FloatType;
  readonly model: Uint8Array;
  readonly data: Uint8Array;
}

/** All networks of a folder, whose files `read` reads. */
export function readNetworks(read: (file: string) => Uint8Array): TrainedNetwork[] {
  const listed: readonly Pick<TrainedNetwork, "name" | "loss" | "precision">[] = JSON.parse(
    new TextDecoder().decode(read("networks.json")),
  );
  return listed.map((each) => ({ ...each, model: read(`${each.name}.onnx`), data: read(`${each.name}.npz`) }));
}

export function openTrained({ name, loss, precision, model: bytes, data: npz }: TrainedNetwork): Problem {
  const model = decodeModel(bytes, { file: `${name}.onnx` });
  const inputs = model.inputs.map((input) => ({ name: input.name, dtype: input.dtype, shape: input.shape }));
  const data = openDataset("data.npz", { data: bytesSource("data.npz", Uint8Array.from(npz)) }, { inputs });
  return Problem.open(model, data, runtime, { ...DEFAULTS, loss: lossNamed(loss), precision, batchSize: 96 });
}

/** The parameter tensors with the largest and the smallest part of the gradient that is more than its rounding. */
export async function plantsFor(problem: Problem): Promise<string[]> {
  const gradient = await problem.point.gradient();
  const least = (problem.options.precision === "float64" ? 1e-8 : 1e-2) * norm2(gradient);
  const parts = problem.space.tensors
    .map(({ name, offset, size }) => ({ name, length: norm2(gradient.subarray(offset, offset + size)) }))
    .filter(({ length }) => length > least)
    .toSorted((a, b) => b.length - a.length)
    .map(({ name }) => name);
  return [...new Set([parts.at(0), parts.at(-1)])].filter((name) => name !== undefined);
}

/** A gradient that is wrong by 0.1 % in one tensor. */
export function wrongIn({ space }: Problem, name: string): (right: Float64Array) => Float64Array {
  const { offset, size } = space.tensors.find((each) => each.name === name) ?? { offset: 0, size: 0 };
  return (right) => right.map((x, i) => (i >= offset && i < offset + size ? 1.001 * x : x));
}
