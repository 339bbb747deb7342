import { describe, expect, it } from "vitest";
import { evaluate } from "../../test/support/run-values.ts";
import { Graph } from "../graph/graph.ts";
import { reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { argMax } from "../ops/reduction.ts";
import { expand } from "../ops/structure.ts";
import { detach, sin, tanh } from "../ops/unary.ts";
import { pullback } from "./pullback.ts";
import { pushforward } from "./pushforward.ts";

const inputs = (graph: Graph, ...names: string[]) => names.map((name) => graph.input(name, "float64", [2]));

async function numbers(value: Value, feeds: Readonly<Record<string, readonly number[]>>): Promise<number[]> {
  const tensors = Object.entries(feeds).map(
    ([name, data]) => [name, { dtype: "float64", shape: [2], data: Float64Array.from(data) }] as const,
  );
  return Array.from((await evaluate(new Map([["out", value]]), new Map(tensors))).get("out")?.data ?? []);
}

describe("pullback", () => {
  it("of a value to itself is the cotangent; to what it does not depend on, zeros", async () => {
    const [x, z, u] = inputs(new Graph(), "x", "z", "u");
    const [own, none] = pullback([x], [u], [x, z]);
    expect(own).toBe(u);
    expect(await numbers(none, {})).toEqual([0, 0]);
  });

  it("adds up over outputs and over paths", async () => {
    const [x, u, v] = inputs(new Graph(), "x", "u", "v");
    // y₁ = x², y₂ = x + 3x: 2x·u + 4·v.
    const [sum] = pullback([mul(x, x), add(x, mul(x, 3))], [u, v], [x]);
    expect(await numbers(sum, { x: [5, 7], u: [1, 2], v: [10, 20] })).toEqual([50, 108]);
  });

  it("stops at the values that it is asked for", async () => {
    const [x, u] = inputs(new Graph(), "x", "u");
    const middle = mul(x, 2);
    const [toMiddle, toX] = pullback([mul(middle, middle)], [u], [middle, x]);
    expect(await numbers(toMiddle, { x: [3, 4], u: [1, 1] })).toEqual([12, 16]);
    // What lies before a value that is differentiated in counts as constant.
    expect(await numbers(toX, {})).toEqual([0, 0]);
  });

  it("computes the derivative and nothing of the value that it does not need", () => {
    const [x, u] = inputs(new Graph(), "x", "u");
    const [product] = pullback([sin(x)], [u], [x]);
    expect(reachable([product]).map(({ operation }) => operation.name)).toEqual(["Input", "Input", "Cos", "Mul"]);
  });

  it("passes nothing through what is detached or decided", async () => {
    const [x, u] = inputs(new Graph(), "x", "u");
    expect(await numbers(pullback([mul(detach(x), x)], [u], [x])[0], { x: [3, 4], u: [1, 1] })).toEqual([3, 4]);
    const picked = expand(argMax(x, 0), [2]);
    expect(pushforward([picked], [x], [u])[0].shape).toEqual([2]);
  });

  it("of a value that nothing can be derived through is refused by name", () => {
    const graph = new Graph();
    const [x, u] = inputs(graph, "x", "u");
    const { jvp: _jvp, vjp: _vjp, ...rest } = tanh(x).operation;
    const y = graph.apply({ ...rest, name: "Opaque" }, [x]);
    expect(() => pullback([y], [u], [x])).toThrow(/Opaque has no derivative rule/);
    expect(() => pushforward([y], [x], [u])).toThrow(/Opaque has no derivative rule/);
  });
});
