import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { describe, expect, it } from "vitest";
import { runtime } from "../../test/support/run-values.ts";
import { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { add, mul, sub } from "../ops/arithmetic.ts";
import { greater, where } from "../ops/logic.ts";
import { exp } from "../ops/unary.ts";
import { emitModel } from "./emit-model.ts";

const TARGET = { precision: "float64", portable: true, device: undefined, blockSize: undefined } as const;

function emitted(build: (x: Value) => Value, shape: readonly number[]) {
  const model = emitModel(new Map([["y", build(new Graph().input("x", "float64", shape))]]), TARGET);
  const { graph } = fromBinary(ModelProtoSchema, model.bytes);
  const constants = graph?.initializer.map(({ name, dims }) => ({ name, rank: dims.length })) ?? [];
  const read = new Set(graph?.node.flatMap(({ input }) => input));
  return { model, ranks: constants.map(({ rank }) => rank), unread: constants.filter(({ name }) => !read.has(name)) };
}

/** Scalars beside a value, on both sides and in a choice; 3 stands in an exponential as well. */
const steps = (x: Value) => add(where(greater(x, 0.5), mul(sub(1, x), 3), x), exp(x.graph.scalar(3, "float64")));

describe("constant scalars in an emitted model", () => {
  it("have the rank of what is one wide beside them, and no scalar is written that nothing reads", () => {
    expect(emitted(steps, [4, 1])).toMatchObject({ ranks: [2, 2, 2, 2], unread: [] });
    expect(emitted((x) => mul(x, 3), [2, 4, 1])).toMatchObject({ ranks: [3], unread: [] });
    // Where the axis is long, [] is no slower.
    expect(emitted((x) => mul(x, 3), [4, 2])).toMatchObject({ ranks: [0], unread: [] });
  });

  it.each([[[5, 1]], [[2, 3, 1]], [[3, 2]], [[1]], [[]]])("say the same beside %j", async (shape) => {
    const { model } = emitted(steps, shape);
    const data = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + 1));
    const executable = await runtime.compile(model);
    const y = await executable.run(new Map([["x", runtime.feed({ dtype: "float64", shape, data })]]), 0);
    expect([...(y.get("y")?.data ?? [])]).toEqual([...data].map((x) => (x > 0.5 ? (1 - x) * 3 : x) + Math.exp(3)));
    expect(y.get("y")?.shape).toEqual(shape);
    await executable.release();
  });
});
