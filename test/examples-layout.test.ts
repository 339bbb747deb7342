import { describe, expect, it } from "vitest";
import { whereExamplesMeet } from "../src/graph/where-examples-meet.ts";
import { Graph } from "../src/graph/graph.ts";
import type { Value } from "../src/graph/value.ts";
import { add, mul } from "../src/ops/arithmetic.ts";
import { conv } from "../src/ops/conv.ts";
import { gather } from "../src/ops/gather.ts";
import { matmul } from "../src/ops/matmul.ts";
import { concat, pad, sliceAxis } from "../src/ops/movement.ts";
import { maxPool } from "../src/ops/pool.ts";
import { argMax, cumSum, logSoftmax, reduceMax, softmax } from "../src/ops/reduction.ts";
import { expand, reduceSum, reshape, swapLast, transpose } from "../src/ops/structure.ts";
import { cast } from "../src/ops/logic.ts";
import { exp, tanh } from "../src/ops/unary.ts";
import { sizeOf, tensor, type Shape } from "../src/util/tensor.ts";

const B = 7;

function meets(shape: Shape, network: (x: Value, constant: (shape: Shape) => Value) => Value): string | undefined {
  const graph = new Graph();
  const x = graph.input("x", "float64", [B, ...shape]);
  const constant = (of: Shape) =>
    graph.constant(
      tensor(
        "float64",
        of,
        Float64Array.from({ length: sizeOf(of) }, (_, i) => Math.sin(i + 1)),
      ),
    );
  return whereExamplesMeet([network(x, constant)], new Set(["x"]), B)?.operation.name;
}

describe("where the graph shows that no example enters another", () => {
  it.each<[string, Shape, Parameters<typeof meets>[1]]>([
    ["a perceptron", [3], (x, c) => logSoftmax(matmul(tanh(add(matmul(x, c([3, 4])), c([4]))), c([4, 5])), 1)],
    ["the weights first", [3], (x, c) => transpose(matmul(c([4, 3]), transpose(x, [1, 0])), [1, 0])],
    [
      "attention over positions",
      [5, 4],
      (x, c) => {
        const heads = (y: Value) => transpose(reshape(y, [B, 5, 2, 2]), [0, 2, 1, 3]);
        const [q, k, v] = [1, 2, 3].map(() => heads(matmul(x, c([4, 4]))));
        const y = matmul(softmax(add(matmul(q, swapLast(k)), c([5, 5])), 3), v);
        return reshape(transpose(y, [0, 2, 1, 3]), [B, 20]);
      },
    ],
    [
      "positions before examples, merged and split",
      [5, 4],
      (x, c) =>
        transpose(reshape(matmul(reshape(transpose(x, [1, 0, 2]), [5 * B, 4]), c([4, 6])), [5, B, 6]), [1, 0, 2]),
    ],
    [
      "convolution, pooling, mean over the image",
      [2, 6, 6],
      (x, c) => {
        const geometry = { strides: [1, 1], before: [1, 1], after: [1, 1], dilations: [1, 1], group: 1 };
        const window = { kernel: [2, 2], strides: [2, 2], before: [0, 0], after: [0, 0], dilations: [1, 1] };
        return reshape(reduceSum(maxPool(conv(x, c([3, 2, 3, 3]), geometry), window), [2, 3]), [B, 3]);
      },
    ],
    [
      "a token put before each example",
      [5, 4],
      (x, c) => reduceMax(concat([expand(c([1, 1, 4]), [B, 1, 4]), pad(x, [0, 1, 0], [0, 0, 0])], 1), [1]),
    ],
    ["rows of a table", [5], (x, c) => gather(c([9, 4]), cast(x, "int64"), 0)],
    ["a state of zeros that goes through weights", [3], (x, c) => add(x, matmul(expand(c([1, 4]), [B, 4]), c([4, 3])))],
  ])("%s", (_, shape, network) => {
    expect(meets(shape, network)).toBeUndefined();
  });
});

describe("where examples meet, or may", () => {
  it.each<[string, Shape, Parameters<typeof meets>[1], string]>([
    ["a sum over the batch", [3], (x) => mul(x, reduceSum(x, [0])), "ReduceSum"],
    ["a maximum over the batch", [3], (x) => add(x, reduceMax(x, [0])), "ReduceMax"],
    ["running sums", [3], (x) => cumSum(x, 0), "CumSum"],
    ["a softmax over the batch", [3], (x) => softmax(x, 0), "Softmax"],
    ["the best example", [3], (x) => add(x, cast(argMax(x, 0), "float64")), "ArgMax"],
    ["similarities", [3], (x) => matmul(matmul(x, swapLast(x)), x), "MatMul"],
    ["differences of all pairs", [], (x) => reduceSum(add(reshape(x, [B, 1]), reshape(x, [1, B])), [1]), "Add"],
    ["another example's row", [3], (x) => add(x, sliceAxis(x, 0, 0, 1)), "Slice"],
    [
      "examples and positions merged, then a sum over both",
      [5, 4],
      (x) => mul(x, reduceSum(reshape(x, [B * 5, 4]), [0])),
      "ReduceSum",
    ],
    ["rows read in another order", [3], (x) => reshape(transpose(x, [1, 0]), [B, 3]), "Reshape"],
    ["a number for each place in the batch", [3], (x, c) => add(x, exp(c([B, 1]))), "Add"],
    ["outputs with the examples last", [3], (x) => transpose(x, [1, 0]), "Transpose"],
  ])("%s", (_, shape, network, operation) => {
    expect(meets(shape, network)).toBe(operation);
  });
});
