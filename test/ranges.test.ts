import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { caveatsOf } from "../src/graph/caveats-of.ts";
import { Graph } from "../src/graph/graph.ts";
import { ANYWHERE, type Interval, spanOf } from "../src/graph/interval.ts";
import { inputNameOf } from "../src/graph/leaf.ts";
import { rangeOf } from "../src/graph/range-of.ts";
import { reachable } from "../src/graph/traverse.ts";
import type { Value } from "../src/graph/value.ts";
import { add, div, mul, sub } from "../src/ops/arithmetic.ts";
import { norm } from "../src/ops/norm.ts";
import { pow } from "../src/ops/pow.ts";
import { reduceMean } from "../src/ops/reduction.ts";
import { reduceSum, transpose } from "../src/ops/structure.ts";
import { abs, exp, relu, sigmoid, sqrt } from "../src/ops/unary.ts";
import { createRandom } from "../src/random/random-stream.ts";
import type { Tensor } from "../src/util/tensor.ts";
import { draw } from "./support/op-case.ts";
import { COMPOSITE_ROWS, OP_ROWS } from "./support/op-rows.ts";
import { evaluate } from "./support/run-values.ts";

/* Where the elements of values lie, and what need not be said of points that they never reach. */

describe("what is computed lies where it is said to lie", () => {
  for (const { op, cases, runs = 8 } of [...OP_ROWS, ...COMPOSITE_ROWS])
    test(op, async () => {
      const graph = new Graph();
      const feeds = new Map<string, Tensor>();
      const outputs = new Map<string, Value>();
      for (const [c, each] of fc.sample(cases, { seed: 11, numRuns: runs }).entries()) {
        const random = createRandom(c).split(each.label);
        const inputs = each.inputs.map((input, i) => {
          feeds.set(`${c}x${i}`, draw(input, random));
          return graph.input(`${c}x${i}`, input.dtype, input.shape);
        });
        outputs.set(`${c}`, each.build(...inputs));
      }
      const ranges = new Map<Value, Interval>();
      for (const value of reachable([...outputs.values()])) {
        const fed = feeds.get(inputNameOf(value) ?? "");
        const inputs = value.inputs.map((input) => ranges.get(input) ?? ANYWHERE);
        ranges.set(value, fed ? spanOf(fed.data) : rangeOf(value, inputs));
      }
      const results = await evaluate(outputs, feeds);
      for (const [c, value] of outputs) {
        const { low, high } = ranges.get(value) ?? ANYWHERE;
        for (const element of results.get(c)?.data ?? []) {
          if (Number.isNaN(element)) continue;
          const slack = 1e-12 * Math.max(1, Math.abs(element));
          expect(element).toBeGreaterThanOrEqual(low - slack);
          expect(element).toBeLessThanOrEqual(high + slack);
        }
      }
    });
});

describe("a point without derivative is told", () => {
  const told = (build: (x: Value) => Value) => caveatsOf([build(new Graph().input("x", "float64", [4, 3]))]).join();

  it.each<[string, (x: Value) => Value]>([
    ["√(x² + ε)", (x) => sqrt(add(mul(x, x), 1e-5))],
    ["√(mean x² + ε), turned", (x) => sqrt(transpose(add(reduceMean(mul(x, x), [1]), 1e-8), [1, 0]))],
    ["(x² + ε)^−½", (x) => pow(add(pow(x, x.graph.scalar(2, "float64")), 1e-6), x.graph.scalar(-0.5, "float64"))],
    ["√(1 + |x|)", (x) => sqrt(add(1, mul(abs(add(exp(x), 1)), 2)))],
    ["|σ(x) + 1|", (x) => abs(add(sigmoid(x), 1))],
    ["Relu(Σ σ(x) + 1)", (x) => relu(add(reduceSum(sigmoid(x), [1]), 1))],
    ["|−1 − eˣ|", (x) => abs(sub(-1, exp(x)))],
    ["‖x² + 1‖", (x) => norm(add(mul(x, x), 1), [1])],
    ["√(3/(1 + x²))", (x) => sqrt(add(div(3, add(mul(x, x), 1)), 1e-9))],
  ])("not where it is never reached: %s", (_name, build) => {
    expect(told(build)).toBe("");
  });

  it.each<[string, (x: Value) => Value]>([
    ["√x²", (x) => sqrt(mul(x, x))],
    ["√(x + ε)", (x) => sqrt(add(x, 1e-5))],
    ["√(x² − ε)", (x) => sqrt(sub(mul(x, x), 1e-5))],
    ["√(x·y + ε)", (x) => sqrt(add(mul(x, exp(x)), 1e-5))],
    ["Relu(σ(x) − ½)", (x) => relu(sub(sigmoid(x), 0.5))],
    ["|x|", abs],
    ["‖x‖", (x) => norm(x, [1])],
  ])("where it may be: %s", (_name, build) => {
    expect(told(build)).not.toBe("");
  });
});
