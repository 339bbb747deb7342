import { describe, expect, it } from "vitest";
import type { Value } from "../src/graph/value.ts";
import { add, mul, sub } from "../src/ops/arithmetic.ts";
import { matmul } from "../src/ops/matmul.ts";
import { reduceSum, reshape } from "../src/ops/structure.ts";
import { tanh } from "../src/ops/unary.ts";
import { PRODUCTS } from "../src/problem/derivatives/registry.ts";
import { crossEntropy } from "../src/problem/losses/cross-entropy.ts";
import type { Problem } from "../src/problem/problem.ts";
import type { ProblemOptions } from "../src/problem/problem-options.ts";
import { weightBlockOf } from "../src/problem/weight-block.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { sizeOf } from "../src/util/tensor.ts";
import { array, buildProblem, labels, type BuildNetwork } from "./support/build-problem.ts";

/* The block of a weight matrix without its columns, against its columns. */

const EXAMPLES = 23;
const random = createRandom(5);
const normal = (name: string, shape: readonly number[]) =>
  array(
    shape,
    random
      .split(name)
      .normalVector(sizeOf(shape))
      .map((value) => value / 2),
  );

function problemOf(
  build: BuildNetwork,
  shapes: Readonly<Record<string, readonly number[]>>,
  options: Partial<ProblemOptions> = {},
  inputs: readonly number[] = [9],
): Problem {
  const parameters = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, normal(name, shape)]));
  const x = normal("x", [EXAMPLES, ...inputs]);
  // What is always zero has rows of zeros.
  const width = sizeOf(inputs);
  x.data.forEach((_, i) => i % width === 4 && (x.data[i] = 0));
  const y = labels(
    [EXAMPLES],
    Array.from({ length: EXAMPLES }, (_, i) => i % 3),
  );
  return buildProblem({ x, y, parameters, build, loss: crossEntropy }, { batchSize: 7, ...options });
}

const twoLayers: BuildNetwork = (x, { W, b, V }) => matmul(tanh(add(matmul(x, W), b)), V);
const SHAPES = { b: [4], W: [9, 4], V: [4, 3] };

const NETWORKS: Readonly<Record<string, () => Problem>> = {
  "x W": () => problemOf(twoLayers, SHAPES),
  "x Wᵀ": () =>
    problemOf((x, { W, V }) => matmul(tanh(matmul(x, W, { transposeB: true })), V), { V: [4, 3], W: [4, 9] }),
  "a deeper layer": () =>
    problemOf((x, { U, W, V }) => matmul(tanh(matmul(tanh(matmul(x, U)), W)), V), {
      U: [9, 6],
      W: [6, 12],
      V: [12, 3],
    }),
  "a layer that is passed by": () =>
    problemOf((x, { W, V }) => matmul(mul(x, tanh(matmul(mul(x, x), W))), V), { W: [9, 9], V: [9, 3] }),
  "an L2 term": () => problemOf(twoLayers, SHAPES, { l2: 0.3 }),
  float32: () => problemOf(twoLayers, SHAPES, { precision: "float32" }),
  "one batch": () => problemOf(twoLayers, SHAPES, { batchSize: 64 }),
  "a sum": () => problemOf(twoLayers, SHAPES, { reduction: "sum" }),
};

describe.each(Object.keys(NETWORKS))("the block of %s", (name) => {
  it.each(PRODUCTS.map((product) => [product.name, product] as const))("in the %s matrix", async (_, product) => {
    const problem = NETWORKS[name]();
    try {
      const block = weightBlockOf(problem.point, product, {});
      const largest = problem.space.tensors.toSorted((a, b) => b.size - a.size)[0];
      expect(block).toMatchObject({ start: largest.offset, size: largest.size });
      const { start, size } = block ?? { start: 0, size: 0 };
      const rows = Array.from({ length: size }, () => new Float64Array(size));
      await block?.addTo(rows);
      const units = Array.from({ length: size }, (_each, i) => {
        const unit = new Float64Array(problem.space.dimension);
        unit[start + i] = 1;
        return unit;
      });
      const columns = await problem.point.product(product, units);
      const scale = Math.max(...columns.map((column) => Math.max(...column.map(Math.abs))));
      const rounding = problem.options.precision === "float32" ? 2e-6 : 1e-14;
      columns.forEach((column, i) => {
        for (let j = 0; j < size; j++) {
          expect(Math.abs(rows[i][j] - column[start + j])).toBeLessThan(rounding * scale);
          if (column[start + j] === 0) expect(rows[i][j]).toBe(0);
        }
      });
    } finally {
      await problem.close();
    }
  });
});

const centred = (z: Value) => sub(z, mul(reduceSum(z, [0]), 1 / z.shape[0]));
const NONE: Readonly<Record<string, () => Problem>> = {
  "is used twice": () =>
    problemOf((x, { W }) => matmul(matmul(tanh(matmul(x, W)), W, { transposeB: true }), W), { W: [9, 3] }),
  "lets examples meet behind it": () =>
    problemOf((x, { W, V }) => matmul(tanh(centred(matmul(x, W))), V), { W: [9, 4], V: [4, 3] }, { batchSize: 23 }),
  "lets examples meet before it": () =>
    problemOf((x, { W, V }) => matmul(tanh(matmul(centred(x), W)), V), { W: [9, 4], V: [4, 3] }, { batchSize: 23 }),
  "has several rows an example": () =>
    problemOf(
      (x, { W, V }) => {
        const rows = reshape(x, [x.shape[0] * 2, 9]);
        return matmul(reshape(tanh(matmul(rows, W)), [x.shape[0], 8]), V);
      },
      { W: [9, 4], V: [8, 3] },
      { batchSize: 23 },
      [2, 9],
    ),
  "is squared": () => problemOf((x, { W, V }) => matmul(tanh(matmul(x, mul(W, W))), V), { W: [9, 4], V: [4, 3] }),
  "has few inputs": () => problemOf((x, { W, V }) => matmul(tanh(matmul(x, W)), V), { W: [3, 9], V: [9, 3] }, {}, [3]),
};

it.each(Object.keys(NONE))("there is none for a matrix that %s, unless another one has one", async (name) => {
  const problem = NONE[name]();
  try {
    const block = weightBlockOf(problem.point, PRODUCTS[0], {});
    expect(problem.space.tensors.findIndex(({ offset }) => offset === block?.start)).not.toBe(
      problem.space.tensors.findIndex(({ name: each }) => each === "W"),
    );
  } finally {
    await problem.close();
  }
});
