import { describe, expect, it, test } from "vitest";
import { evaluate, runtime } from "../../test/support/run-values.ts";
import { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { emitModel } from "../onnx/emit-model.ts";
import { loopModel, PASSES } from "../onnx/loop-model.ts";
import { add, mul, sub } from "../ops/arithmetic.ts";
import { matmul } from "../ops/matmul.ts";
import { tanh } from "../ops/unary.ts";
import { nodeRuntime } from "./node-runtime.ts";
import { disabledOptimizers } from "./onnxruntime.ts";

const TARGET = { precision: "float64", portable: true, device: undefined, blockSize: undefined } as const;

function emitted(left: readonly [number, number], right: readonly [number, number], name: string) {
  const graph = new Graph();
  const value: Value = matmul(graph.input("a", "float64", left), graph.input("b", "float64", right));
  return emitModel(new Map([[name, value]]), TARGET);
}

describe("the optimisers of the engine that are off", () => {
  it("are those that have contractions write into outputs, where copies take no more than the inputs do", () => {
    expect(disabledOptimizers(emitted([3, 2], [2, 2], "y"))).toBe(
      "NoopElimination;SkipLayerNormFusion;EliminateIdentity",
    );
    expect(disabledOptimizers(emitted([3, 1], [1, 4], "y"))).toBe("NoopElimination;SkipLayerNormFusion");
  });

  it.each([
    [
      [2, 3],
      [3, 2],
      [22, 28, 49, 64],
    ],
    [
      [3, 1],
      [1, 3],
      [1, 2, 3, 2, 4, 6, 3, 6, 9],
    ],
  ] as const)("change no number: %j times %j", async (left, right, expected) => {
    const executable = await runtime.compile(emitted(left, right, "y"));
    const feed = (shape: readonly [number, number]) => {
      const data = Float64Array.from({ length: shape[0] * shape[1] }, (_, i) => i + 1);
      return runtime.feed({ dtype: "float64", shape, data });
    };
    const found = await executable.run(
      new Map([
        ["a", feed(left)],
        ["b", feed(right)],
      ]),
      0,
    );
    expect([...(found.get("y")?.data ?? [])]).toEqual(expected);
    await executable.release();
  });
});

test.each([2 ** -52, 1e-12, 1e-9, 3e-8])("a float64 factor of 1 + %d is no 1", async (beyond) => {
  const graph = new Graph();
  const x = graph.input("x", "float64", [2]);
  const found = await evaluate(
    new Map([["y", sub(mul(add(x, x), 1 + beyond), x)]]),
    new Map([["x", { dtype: "float64", shape: [2], data: Float64Array.of(1, 2) }]]),
  );
  expect(found.get("y")?.data).toEqual(Float64Array.of(2 * (1 + beyond) - 1, 4 * (1 + beyond) - 2));
});

test("whatever way a repeated program is run in, its numbers are the same bits", async () => {
  const engine = nodeRuntime({ threads: 2 });
  const graph = new Graph();
  let h = graph.input("x", "float32", [64, 96]);
  const w = graph.input("w", "float32", [96, 96]);
  for (let i = 0; i < 8; i++) h = tanh(matmul(h, w));
  const model = loopModel(emitModel(new Map([["y", h]]), { ...TARGET, precision: "float32" }), {
    passes: 4,
    carried: new Map([["x", "y"]]),
    picked: new Set(),
    rows: 1,
    numbers: new Set(),
  });
  const executable = await engine.compile(model, { passes: PASSES });
  const feed = (rows: number) => {
    const data = Float32Array.from({ length: 96 * rows }, (_, i) => Math.sin(i));
    return engine.feed({ dtype: "float32", shape: [rows, 96], data });
  };
  const feeds = new Map([
    ["x", feed(64)],
    ["w", feed(96)],
    [PASSES, engine.feed({ dtype: "int64", shape: [], data: Float64Array.of(4) })],
  ]);
  const found = new Set<string>();
  // Long enough to be opened in both ways, which are then run in turn.
  for (let i = 0; i < 500; i++) {
    const { data } = (await executable.run(feeds)).get("y") ?? {};
    found.add(Array.from(data?.subarray(0, 500) ?? []).join());
  }
  expect(found.size).toBe(1);
  await executable.release();
  await engine.close();
});
