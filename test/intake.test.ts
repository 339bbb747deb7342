import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { gradient, hessianVector } from "../src/autodiff/products.ts";
import { bytesSource } from "../src/files/byte-source.ts";
import { readNpz } from "../src/files/npz.ts";
import { Graph } from "../src/graph/graph.ts";
import type { Value } from "../src/graph/value.ts";
import { decodeModel } from "../src/onnx/decode-model.ts";
import { lowerGraph } from "../src/onnx/emit-lower.ts";
import { emitModel } from "../src/onnx/emit-model.ts";
import { importGraph } from "../src/onnx/import-graph.ts";
import { add, mul, neg, sub } from "../src/ops/arithmetic.ts";
import { gatherElements } from "../src/ops/gather.ts";
import { logSoftmax } from "../src/ops/reduction.ts";
import { reshape, sumAll } from "../src/ops/structure.ts";
import { log, softplus } from "../src/ops/unary.ts";
import { nodeRuntime } from "../src/runtime/node-runtime.ts";
import { isFloat, sizeOf, type Tensor } from "../src/util/tensor.ts";

/*
 * Every fixture is read, differentiated in float64 and run; loss, logits, gradient and a Hessian-vector
 * product are compared with PyTorch's float64 double backward on the same weights.
 */

const FIXTURES = fileURLToPath(new URL("fixtures", import.meta.url));
const runtime = nodeRuntime({ threads: 1 });

/** Relative, in float64; the fixtures promise 1e-11. */
const TOLERANCE = 1e-11;

interface Case {
  readonly name: string;
  readonly loss: "cross-entropy" | "bce" | "mse" | "own";
  readonly output: "logits" | "probabilities" | "log-probabilities" | "values" | "loss";
  readonly dtype: "float32" | "float64";
  readonly expect: string;
  readonly singlePrecisionConstants?: boolean;
  readonly parameters: Record<string, number[]>;
}

function cases(): Case[] {
  return readdirSync(FIXTURES)
    .filter((name) => existsSync(join(FIXTURES, name, "case.json")))
    .map((name) => JSON.parse(readFileSync(join(FIXTURES, name, "case.json"), "utf8")));
}

function arrays(name: string, file: string): Map<string, Tensor> {
  const source = bytesSource(file, readFileSync(join(FIXTURES, name, file)));
  return new Map([...readNpz(source)].map(([key, array]) => [key, array.read()]));
}

function float64({ dtype, shape, data }: Tensor): Tensor {
  return isFloat(dtype) ? { dtype: "float64", shape, data: Float64Array.from(data) } : { dtype, shape, data };
}

/** The mean loss as the README of the fixtures defines it. */
function lossOf({ loss, output }: Case, z: Value, y: Value): Value {
  if (loss === "own") return reshape(z, []);
  if (loss === "mse") return mul(sumAll(mul(sub(z, y), sub(z, y))), 1 / sizeOf(z.shape));
  if (loss === "bce") {
    const each =
      output === "logits" ? sub(softplus(z), mul(z, y)) : neg(add(mul(y, log(z)), mul(sub(1, y), log(sub(1, z)))));
    return mul(sumAll(each), 1 / sizeOf(z.shape));
  }
  const classes = z.shape[z.shape.length - 1];
  const rows = sizeOf(z.shape) / classes;
  const flat = reshape(z, [rows, classes]);
  const logp = output === "logits" ? logSoftmax(flat, 1) : output === "probabilities" ? log(flat) : flat;
  return neg(mul(sumAll(gatherElements(logp, reshape(y, [rows, 1]), 1)), 1 / rows));
}

/** ‖a − b‖ / ‖b‖ over all tensors together. */
function difference(pairs: readonly (readonly [Tensor | undefined, Tensor | undefined])[]): number {
  let top = 0;
  let bottom = 0;
  for (const [a, b] of pairs) {
    expect(a?.data.length).toBe(b?.data.length);
    if (!a || !b) return NaN;
    a.data.forEach((element, i) => {
      top += (element - b.data[i]) ** 2;
      bottom += b.data[i] ** 2;
    });
  }
  return Math.sqrt(top) / (Math.sqrt(bottom) || 1);
}

export function readFixture(name: string) {
  return decodeModel(readFileSync(join(FIXTURES, name, "model.onnx")), {
    file: `${name}/model.onnx`,
    external: (location, offset, length) =>
      readFileSync(join(FIXTURES, name, location)).subarray(offset, length === undefined ? undefined : offset + length),
  });
}

async function check(each: Case): Promise<void> {
  const model = readFixture(each.name);
  const data = arrays(each.name, "data.npz");
  const expected = arrays(each.name, "expected.npz");
  const [x, y] = [data.get("x"), data.get("y")];
  if (!x || !y) throw new Error("a fixture holds x and y");

  const graph = new Graph();
  const names = model.inputs.map(({ name }) => name);
  const fed = new Map([[names[0], x], ...(names.length > 1 ? [[names[1], y] as const] : [])]);
  const shapes = Object.fromEntries([...fed].map(([name, tensor]) => [name, tensor.shape]));
  const imported = importGraph(model, graph, { precision: "float64", batch: x.shape[0], inputShapes: shapes });
  expect(Object.fromEntries([...imported.parameters].map(([name, { shape }]) => [name, shape]))).toEqual(
    each.parameters,
  );

  const [output] = [...imported.outputs.values()].filter(({ dtype }) => isFloat(dtype));
  const target = graph.input("target of the loss", isFloat(y.dtype) ? "float64" : y.dtype, y.shape);
  const loss = lossOf(each, output, target);
  const parameters = [...imported.parameters.values()];
  const parameterNames = [...imported.parameters.keys()];
  const vectors = parameters.map((value, i) => graph.input(`tangent ${i}`, "float64", value.shape));
  const outputs = [output, loss, ...gradient(loss, parameters), ...hessianVector(loss, parameters, vectors)];
  const lowered = lowerGraph(outputs, { precision: "float64", portable: false });
  const emitted = emitModel(new Map(lowered.map((value, i) => [`result ${i}`, value])), {
    precision: "float64",
    portable: false,
  });
  const feeds = new Map(
    [...fed, ["target of the loss", y] as const].map(([name, tensor]) => [name, runtime.feed(float64(tensor))]),
  );
  const weights = new Map(model.parameters.map((parameter) => [parameter.name, parameter]));
  parameterNames.forEach((name, i) => {
    const weight = weights.get(name);
    const vector = expected.get(`v:${name}`);
    if (!weight || !vector) throw new Error(`no oracle for ${name}`);
    feeds.set(name, runtime.feed(float64(weight)));
    feeds.set(`tangent ${i}`, runtime.feed(vector));
  });
  const executable = await runtime.compile(emitted);
  const results = await executable.run(feeds);
  await executable.release();
  const at = (i: number) => results.get(`result ${i}`);
  const count = parameters.length;
  const differences = {
    logits: difference([[at(0), expected.get("logits")]]),
    loss: difference([[at(1), expected.get("loss")]]),
    gradient: difference(parameterNames.map((name, i) => [at(2 + i), expected.get(`g:${name}`)])),
    product: difference(parameterNames.map((name, i) => [at(2 + count + i), expected.get(`hv:${name}`)])),
  };
  for (const [what, found] of Object.entries(differences)) {
    expect(found, `${what} in ${JSON.stringify(differences)}`).toBeLessThan(TOLERANCE);
  }
}

describe("fixtures agree with PyTorch in float64", () => {
  for (const each of cases()) test(each.name, () => check(each));
});
