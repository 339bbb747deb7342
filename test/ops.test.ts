import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Graph } from "../src/graph/graph.ts";
import type { Value } from "../src/graph/value.ts";
import { gradient, hessianVector } from "../src/autodiff/products.ts";
import { add, div, mul } from "../src/ops/arithmetic.ts";
import { gather } from "../src/ops/gather.ts";
import { greater, where } from "../src/ops/logic.ts";
import { matmul } from "../src/ops/matmul.ts";
import { concat, pad, sliceAxis } from "../src/ops/movement.ts";
import { pow } from "../src/ops/pow.ts";
import { OPS } from "../src/ops/registry.ts";
import { logSoftmax, reduceLogSumExp, reduceMax, softmax } from "../src/ops/reduction.ts";
import { expand, reduceSum, reshape, sumAll, transpose } from "../src/ops/structure.ts";
import { atan, erf, exp, relu } from "../src/ops/unary.ts";
import type { Tensor } from "../src/util/tensor.ts";
import { checkCases } from "./support/check-cases.ts";
import { expectClose } from "./support/numbers.ts";
import { COMPOSITE_ROWS, OP_ROWS } from "./support/op-rows.ts";
import { evaluate } from "./support/run-values.ts";

const SEED = 20_260;

test("every primitive has a row, and every row a primitive", () => {
  expect(new Set(OP_ROWS.map(({ op }) => op))).toEqual(new Set(OPS.map(({ name }) => name)));
});

describe("primitives", () => {
  for (const { op, cases, runs = 8, heldConstant } of OP_ROWS) {
    test(op, async () => {
      const errors = await checkCases(fc.sample(cases, { seed: SEED, numRuns: runs }), {
        seed: SEED,
        heldConstant,
        primitive: op,
      });
      expect(errors).toHaveProperty("block = singles");
    });
  }
});

describe("functions made of primitives", () => {
  for (const { op, cases, runs = 8 } of COMPOSITE_ROWS) {
    test(op, async () => {
      const errors = await checkCases(fc.sample(cases, { seed: SEED, numRuns: runs }), { seed: SEED });
      expect(errors).toHaveProperty("block = singles");
    });
  }
});

const vector = (...data: number[]): Tensor => ({
  dtype: "float64",
  shape: [data.length],
  data: Float64Array.from(data),
});

/** The results of a function of one vector. */
async function apply(x: Tensor, build: (x: Value) => Value): Promise<Tensor["data"]> {
  const graph = new Graph();
  const results = await evaluate(new Map([["y", build(graph.input("x", x.dtype, x.shape))]]), new Map([["x", x]]));
  return results.get("y")?.data ?? new Float64Array();
}

describe("float64 functions that the runtime lacks", () => {
  // mpmath, 25 digits, rounded.
  const ERF: readonly (readonly [number, number])[] = [
    [0, 0],
    [1e-8, 1.128379167095512557e-8],
    [0.1, 0.1124629160182848922],
    [0.5, 0.5204998778130465377],
    [1, 0.8427007929497148693],
    [1.5, 0.9661051464753107271],
    [2, 0.9953222650189527342],
    [3, 0.9999779095030014146],
    [5, 0.9999999999984625402],
    [30, 1],
  ];

  test("erf", async () => {
    const x = vector(...ERF.flatMap(([z]) => [z, -z]));
    expectClose(
      await apply(x, erf),
      ERF.flatMap(([, y]) => [y, -y]),
      1e-15,
      "erf",
    );
  });

  test("atan", async () => {
    const points = [0, 1e-9, 0.1, 0.4142, 0.4143, 0.7, 1, 2.414, 2.415, 10, 1e8, Infinity].flatMap((x) => [x, -x]);
    expectClose(await apply(vector(...points), atan), points.map(Math.atan), 5e-16, "atan");
  });
});

describe("singular points", () => {
  test("x^1.5 has a derivative at 0", async () => {
    const slope = await apply(vector(0, 4), (x) => gradient(sumAll(pow(x, 1.5)), [x])[0]);
    expectClose(slope, [0, 3], 1e-15, "slope");
  });

  test("a large shift neither overflows a log-sum-exp nor a softmax", async () => {
    const x = vector(1000, 1000, -1000);
    expectClose(await apply(x, (z) => reduceLogSumExp(z, [0])), [1000 + Math.log(2)], 1e-15, "value");
    expectClose(
      await apply(x, (z) => gradient(sumAll(reduceLogSumExp(z, [0])), [z])[0]),
      [0.5, 0.5, 0],
      1e-15,
      "gradient",
    );
    expectClose(
      await apply(x, (z) => logSoftmax(z, 0)),
      [-Math.log(2), -Math.log(2), -2000 - Math.log(2)],
      1e-15,
      "logarithm",
    );
  });

  test("a masked softmax has finite second derivatives", async () => {
    const masked = (x: Value) => sumAll(mul(softmax(where(greater(x, -5), x, -Infinity), 0), x));
    const product = await apply(vector(1, 2, -9), (x) => hessianVector(masked(x), [x], [x])[0]);
    expect([...product].every(Number.isFinite)).toBe(true);
  });

  test("tied maxima share the derivative; a kink of Relu has slope 0", async () => {
    expectClose(
      await apply(vector(2, 2, 1), (x) => gradient(sumAll(reduceMax(x, [0])), [x])[0]),
      [0.5, 0.5, 0],
      0,
      "ReduceMax",
    );
    expectClose(await apply(vector(0, 1), (x) => gradient(sumAll(relu(x)), [x])[0]), [0, 1], 0, "Relu");
  });

  test("1/−0 is −∞, also where 0 is a constant of the same graph", async () => {
    const over = (x: Value) => concat([div(x, x.graph.constant(vector(-0))), div(x, x.graph.constant(vector(0)))], 0);
    expect([...(await apply(vector(1), over))]).toEqual([-Infinity, Infinity]);
  });
});

describe("axes of extent 0", () => {
  const empty: Tensor = { dtype: "float64", shape: [0, 3], data: new Float64Array() };
  const uses: Record<string, (x: Value) => Value> = {
    elementwise: (x) => exp(mul(x, x)),
    broadcasting: (x) => add(x, reduceSum(x, [0])),
    movement: (x) => transpose(reshape(pad(x, [0, 1], [0, 0]), [4, 0]), [1, 0]),
    joining: (x) => concat([x, expand(reduceSum(x, [0]), [2, 3])], 0),
    picking: (x) => gather(sliceAxis(x, 1, 1, 3), x.graph.integers([1, 0]), 1),
    product: (x) => matmul(x, x, { transposeA: true }),
    softmax: (x) => softmax(x, 1),
  };
  for (const [name, build] of Object.entries(uses)) {
    test(name, async () => {
      const gradients = await apply(empty, (x) => gradient(sumAll(build(x)), [x])[0]);
      expect(gradients).toHaveLength(0);
      expectClose(await apply(empty, (x) => sumAll(mul(build(x), 1))), [0], 0, name);
    });
  }

  test("there is no maximum of nothing", () => {
    const x = new Graph().input("x", "float64", [0, 3]);
    expect(() => reduceMax(x, [0])).toThrow("ReduceMax");
  });
});

test("shapes that do not fit are refused with a sentence", () => {
  const graph = new Graph();
  const x = graph.input("x", "float64", [2, 3]);
  const y = graph.input("y", "float64", [4]);
  expect(() => add(x, y)).toThrow("Add cannot combine the shapes [2, 3] and [4].");
  expect(() => matmul(x, x)).toThrow("the inner extents 3 and 2 differ");
  expect(() => reshape(x, [4])).toThrow("Reshape cannot turn the shape [2, 3] into [4]");
  expect(() => expand(x, [2, 4])).toThrow("Expand cannot");
  expect(() => concat([x, y], 0)).toThrow("Concat along axis 0 cannot join");
  expect(() => reduceSum(x, [2])).toThrow("ReduceSum was given axis 2 of a tensor with 2 axes.");
  expect(() => add(x, graph.input("z", "float32", [2, 3]))).toThrow("Add needs inputs of one type");
});
