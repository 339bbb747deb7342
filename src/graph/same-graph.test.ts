import { describe, expect, it } from "vitest";
import { add, mul } from "../ops/arithmetic.ts";
import { Graph } from "./graph.ts";
import { isSameGraph } from "./same-graph.ts";
import type { Value } from "./value.ts";

const LARGE = 5000;

function values({ name = "x", weight = 2, shape = [LARGE], swapped = false } = {}): Value[] {
  const graph = new Graph();
  const x = graph.input(name, "float32", shape);
  const data = new Float32Array(shape[0]).fill(weight);
  const y = mul(x, graph.constant({ dtype: "float32", shape, data }));
  const z = add(y, graph.input("z", "float32", shape));
  return swapped ? [z, y] : [y, z];
}

describe("two graphs", () => {
  it("are the same where they compute the same from the same", () => {
    expect(isSameGraph(values(), values())).toBe(true);
    expect(isSameGraph([], [])).toBe(true);
  });

  it.each([
    ["an input has another name", values({ name: "w" })],
    ["a large constant holds another number", values({ weight: 3 })],
    ["a shape is another", values({ shape: [LARGE + 1] })],
    ["the outputs are in another order", values({ swapped: true })],
    ["an output is missing", values().slice(1)],
    ["there is nothing", []],
  ])("are not where %s", (_what, other) => {
    expect(isSameGraph(values(), other)).toBe(false);
  });

  it("are not where a zero has another sign", () => {
    const zero = (value: number) => [new Graph().scalar(value, "float32")];
    expect(isSameGraph(zero(0), zero(0))).toBe(true);
    expect(isSameGraph(zero(0), zero(-0))).toBe(false);
  });
});
