import { expect, test } from "vitest";
import type { Target } from "../graph/emitter.ts";
import { Graph } from "../graph/graph.ts";
import { reachable } from "../graph/traverse.ts";
import { emitModel } from "../onnx/emit-model.ts";
import { lowerGraph } from "../onnx/emit-lower.ts";
import { createRandom } from "../random/random-stream.ts";
import { nodeRuntime } from "../runtime/node-runtime.ts";
import { allocate, type FloatType, sizeOf } from "../util/tensor.ts";
import { ReduceSum, reduceSum } from "./structure.ts";

const runtime = nodeRuntime({ threads: 1 });

async function sum(shape: readonly number[], axes: readonly number[], target: Target) {
  const { precision } = target;
  const graph = new Graph();
  const [value] = lowerGraph([reduceSum(graph.input("x", precision, shape), axes)], target);
  const executable = await runtime.compile(emitModel(new Map([["sum", value]]), target));
  const random = createRandom(5);
  const data = allocate(precision, sizeOf(shape));
  data.set(Float32Array.from({ length: data.length }, () => random.normal()));
  const found = (await executable.run(new Map([["x", runtime.feed({ dtype: precision, shape, data })]]), 0)).get("sum");
  await executable.release();
  const sums = reachable([value]).filter(({ operation }) => operation.name === ReduceSum.name).length;
  return { shape: found?.shape, data: Array.from(found?.data ?? []), sums };
}

const plain = (precision: FloatType): Target => ({ precision, portable: false });

test.each([
  { shape: [512, 64], axes: [0], isProduct: true },
  { shape: [16, 32, 48], axes: [0, 1], isProduct: true },
  { shape: [4, 5, 6, 7], axes: [0], isProduct: true },
  { shape: [1, 9, 1, 7], axes: [1], isProduct: true },
  { shape: [1, 9, 1, 7], axes: [0, 1], isProduct: true },
  { shape: [3, 1, 2, 1, 5], axes: [0, 2, 3], isProduct: true },
  { shape: [4, 5, 6], axes: [1], isProduct: false },
  { shape: [4, 5, 6], axes: [0, 2], isProduct: false },
  { shape: [4, 5, 6], axes: [2], isProduct: false },
  { shape: [4, 5, 1], axes: [0, 1], isProduct: false },
])("the sum of $shape over $axes in float32 is that in float64", async ({ shape, axes, isProduct }) => {
  const exact = await sum(shape, axes, plain("float64"));
  const found = await sum(shape, axes, plain("float32"));
  expect(found.shape).toEqual(exact.shape);
  expect(found.sums).toBe(isProduct ? 0 : 1);
  const size = Math.sqrt(sizeOf(shape) / exact.data.length);
  for (const [i, x] of exact.data.entries()) expect(Math.abs(found.data[i] - x)).toBeLessThan(1e-6 * size);
  // Files for other runtimes, and float64, keep the sum.
  expect(exact.sums).toBe(1);
  expect((await sum(shape, axes, { precision: "float32", portable: true })).sums).toBe(1);
});
