import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bytesSource } from "../../src/files/byte-source.ts";
import { readNpz } from "../../src/files/npz.ts";
import { openDataset } from "../../src/data/open-dataset.ts";
import { decodeModel } from "../../src/onnx/decode-model.ts";
import { LOSSES } from "../../src/problem/losses/registry.ts";
import type { Loss } from "../../src/problem/losses/loss.ts";
import { Problem } from "../../src/problem/problem.ts";
import type { ProblemOptions } from "../../src/problem/problem-options.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import type { FloatType, Tensor } from "../../src/util/tensor.ts";
import { runtime } from "./run-values.ts";

/** What PyTorch found, in float64. */
export interface Expected {
  readonly loss_kind: string;
  readonly dtype: FloatType;
  readonly examples: number;
  readonly parameters: number;
  readonly parameter_names: readonly string[];
  readonly parameter_shapes: readonly (readonly number[])[];
  readonly loss: number;
  readonly accuracy: number | null;
  readonly gradient_norm: number;
  readonly hessian: {
    readonly top: number[];
    readonly bottom: number[];
    readonly trace: number;
    readonly frobenius: number;
  };
  readonly gauss_newton: { readonly top: number[]; readonly trace: number };
  readonly gradient_covariance: { readonly top: number[]; readonly trace: number };
}

export const REFERENCE_CASES = ["softplus-wine-f64", "mlp-tanh-digits", "lenet-digits", "resnet8-digits"] as const;
export type ReferenceCase = (typeof REFERENCE_CASES)[number];

function bytesOf(name: string, file: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(fileURLToPath(new URL(`../reference/${name}/${file}`, import.meta.url))));
}

export function expectedOf(name: ReferenceCase): Expected {
  const expected: Expected = JSON.parse(new TextDecoder().decode(bytesOf(name, "expected.json")));
  return expected;
}

export function arraysOf(name: ReferenceCase, file: string): Map<string, Tensor> {
  return new Map([...readNpz(bytesSource(file, bytesOf(name, file)))].map(([key, array]) => [key, array.read()]));
}

export function lossNamed(name: string): Loss {
  const loss = LOSSES.find((each) => each.name === name);
  if (!loss) throw new RangeError(`no loss ${name}`);
  return loss;
}

export const DEFAULTS: Omit<ProblemOptions, "loss" | "precision"> = {
  lossOptions: { ignoreIndex: -100 },
  reduction: "mean",
  l2: 0,
  batchSize: 64,
  cacheBytes: 2 ** 30,
};

export function openReference(
  name: ReferenceCase,
  options: Partial<ProblemOptions> = {},
  limit?: number,
  engine: Runtime = runtime,
): Problem {
  const model = decodeModel(bytesOf(name, "model.onnx"), { file: `${name}/model.onnx` });
  const inputs = model.inputs.map((input) => ({ name: input.name, dtype: input.dtype, shape: input.shape }));
  const data = openDataset("data.npz", { data: bytesSource("data.npz", bytesOf(name, "data.npz")) }, { inputs, limit });
  const expected = expectedOf(name);
  return Problem.open(model, data, engine, {
    ...DEFAULTS,
    loss: lossNamed(expected.loss_kind),
    precision: "float64",
    ...options,
  });
}

/** A vector of a reference file, in the order of the problem's parameters. */
export function vectorOf(problem: Problem, name: ReferenceCase, file: string): Float64Array {
  return problem.space.flatten(arraysOf(name, file));
}
