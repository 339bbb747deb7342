import { expect, test } from "vitest";
import type { Target } from "../graph/emitter.ts";
import { Graph } from "../graph/graph.ts";
import { reachable } from "../graph/traverse.ts";
import { emitModel } from "../onnx/emit-model.ts";
import { lowerGraph } from "../onnx/emit-lower.ts";
import { createRandom } from "../random/random-stream.ts";
import { nodeRuntime } from "../runtime/node-runtime.ts";
import { allocate, sizeOf } from "../util/tensor.ts";
import { not, where } from "./logic.ts";
import { softmax } from "./reduction.ts";

const runtime = nodeRuntime({ threads: 1 });
const SHAPE = [3, 6, 5];
/** Column j is seen from row i where j ≤ i. */
const SEEN = Uint8Array.from({ length: 30 }, (_, k) => Number(k % 5 <= Math.floor(k / 5)));

async function probabilities(data: Float32Array, target: Target, isFirst: boolean, axis = 2) {
  const { precision } = target;
  const graph = new Graph();
  const x = graph.input("x", precision, SHAPE);
  const seen = graph.constant({ dtype: "bool", shape: [6, 5], data: SEEN });
  const masked = isFirst ? where(not(seen), Number.NEGATIVE_INFINITY, x) : where(seen, x, Number.NEGATIVE_INFINITY);
  const [value] = lowerGraph([softmax(masked, axis)], target);
  const executable = await runtime.compile(emitModel(new Map([["p", value]]), target));
  const fed = allocate(precision, data.length);
  fed.set(data);
  const found = await executable.run(new Map([["x", runtime.feed({ dtype: precision, shape: SHAPE, data: fed })]]), 0);
  await executable.release();
  return {
    values: Array.from(found.get("p")?.data ?? []),
    isRaised: reachable([value]).some(({ operation }) => operation.name === "Larger"),
  };
}

const random = createRandom(3);
const SCALES = { small: 1, large: 40, huge: 1e4 };

test.each(Object.keys(SCALES).flatMap((scale) => [true, false].map((isFirst) => ({ scale, isFirst }))))(
  "of $scale numbers, masked by the first: $isFirst, in float32 is that in float64",
  async ({ scale, isFirst }) => {
    const factor = scale === "small" ? SCALES.small : scale === "large" ? SCALES.large : SCALES.huge;
    const data = Float32Array.from({ length: sizeOf(SHAPE) }, () => factor * random.normal());
    const exact = await probabilities(data, { precision: "float64", portable: false }, isFirst);
    const found = await probabilities(data, { precision: "float32", portable: false }, isFirst);
    expect([found.isRaised, exact.isRaised]).toEqual([true, false]);
    const portable = await probabilities(data, { precision: "float32", portable: true }, isFirst);
    expect(portable.isRaised).toBe(false);
    for (const [i, p] of exact.values.entries()) {
      // Each exponent is a difference of numbers as they are rounded.
      expect(Math.abs(found.values[i] - p)).toBeLessThanOrEqual(3e-6 * p + 1e-32);
      if (SEEN[i % 30] === 0) expect(found.values[i]).toBe(0);
    }
  },
);

test("rows of what is not a number, or of +∞, stay none; a row whose elements all are masked too", async () => {
  const data = new Float32Array(sizeOf(SHAPE)).fill(1);
  data[2 * 5 + 1] = Number.NaN;
  data[3 * 5 + 1] = Number.POSITIVE_INFINITY;
  data[4 * 5 + 1] = Number.NEGATIVE_INFINITY;
  // Column 4 is seen from rows 4 and 5 alone.
  data.fill(Number.NEGATIVE_INFINITY, 5 * 5, 6 * 5);
  const { values } = await probabilities(data, { precision: "float32", portable: false }, false);
  const row = (i: number) => values.slice(5 * i, 5 * (i + 1));
  for (const i of [2, 3, 5]) expect(row(i).every(Number.isNaN)).toBe(true);
  expect(row(4)[1]).toBeLessThan(1e-32);
  expect(row(1)).toEqual([0.5, 0.5, 0, 0, 0]);
});
