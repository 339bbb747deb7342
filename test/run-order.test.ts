import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { gradient } from "../src/autodiff/products.ts";
import { emissionOrder } from "../src/graph/emission-order.ts";
import { Graph } from "../src/graph/graph.ts";
import { inputNameOf, tensorOf } from "../src/graph/leaf.ts";
import { runOrder } from "../src/graph/run-order.ts";
import type { Value } from "../src/graph/value.ts";
import { emitModel } from "../src/onnx/emit-model.ts";
import { mul } from "../src/ops/arithmetic.ts";
import { matmul } from "../src/ops/matmul.ts";
import { sumAll } from "../src/ops/structure.ts";
import { tanh } from "../src/ops/unary.ts";

/* What a run holds is foretold from the order in which ONNX Runtime runs the nodes of a file. */

const TARGET = { precision: "float32", portable: false } as const;
const SIDE = 4;

/** Slopes of the loss of a chain of layers in all their weights: the last are needed first. */
function deep(layers: number): Value[] {
  const graph = new Graph();
  const weights = Array.from({ length: layers }, (_, i) => graph.input(`w${i}`, "float32", [SIDE, SIDE]));
  let h = graph.input("x", "float32", [SIDE, SIDE]);
  for (const w of weights) h = tanh(mul(matmul(h, w), 0.5));
  return gradient(sumAll(h), weights);
}

/** The operators of the nodes, in the order in which the runtime ran them, with the place of each in the file. */
async function asRun(bytes: Uint8Array, inputs: readonly string[]): Promise<{ op: string; place: number }[]> {
  const folder = mkdtempSync(join(tmpdir(), "thalweg-order-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const session = await ort.InferenceSession.create(bytes, {
    graphOptimizationLevel: "disabled",
    enableProfiling: true,
    profileFilePrefix: join(folder, "run"),
    logSeverityLevel: 3,
  });
  const data = Float32Array.from({ length: SIDE * SIDE }, (_, i) => Math.sin(i));
  await session.run(Object.fromEntries(inputs.map((name) => [name, new ort.Tensor("float32", data, [SIDE, SIDE])])));
  session.endProfiling();
  await session.release();
  const events: { name: string; ts: number; args?: { op_name?: string; node_index?: string } }[] = JSON.parse(
    readFileSync(join(folder, readdirSync(folder)[0]), "utf8"),
  );
  return events
    .filter(({ name }) => name.endsWith("_kernel_time"))
    .toSorted((a, b) => a.ts - b.ts)
    .map(({ args }) => ({ op: args?.op_name ?? "", place: Number(args?.node_index) }));
}

describe.each([
  ["as it was made", 20, false],
  ["breadth first", 400, true],
])("a graph that is written %s", (_, layers, namesEarly) => {
  it("is run in the order that is foretold", async () => {
    const outputs = deep(layers);
    const order = emissionOrder(outputs);
    expect(order.namesEarly).toBe(namesEarly);
    const names = new Map(outputs.map((value, i) => [`out ${i}`, value]));
    const model = emitModel(names, TARGET);
    const run = await asRun(model.bytes, [...model.inputs.keys()]);
    const isNode = (value: Value) => inputNameOf(value) === undefined && tensorOf(value) === undefined;
    const foretold = runOrder(order.values, order.outputs).filter(isNode);
    // Every value here is one node, and its name another.
    const own = run.filter(({ op }) => op !== "Identity");
    expect(own).toHaveLength(foretold.length);
    const written = order.values.filter(isNode);
    const ranks = new Map(
      own
        .map(({ place }) => place)
        .toSorted((a, b) => a - b)
        .map((place, i) => [place, i]),
    );
    expect(own.map(({ place }) => ranks.get(place))).toEqual(foretold.map((value) => written.indexOf(value)));
  });
});
