/** @thorough Every primitive with a wrong derivative: half a minute. */

import { expect, test } from "vitest";
import { Graph } from "../src/graph/graph.ts";
import type { Value } from "../src/graph/value.ts";
import { runChecks } from "../src/instruments/run-checks.ts";
import { add, div, mul, neg, reciprocal, sub } from "../src/ops/arithmetic.ts";
import { conv } from "../src/ops/conv.ts";
import { norm } from "../src/ops/norm.ts";
import { pow } from "../src/ops/pow.ts";
import { cumSum, logSoftmax, reduceMax, softmax } from "../src/ops/reduction.ts";
import { inverseDeviation, standardize } from "../src/ops/standardize.ts";
import { matmul } from "../src/ops/matmul.ts";
import { expand, reduceSum, reshape, transpose } from "../src/ops/structure.ts";
import { gather } from "../src/ops/gather.ts";
import { greater, where } from "../src/ops/logic.ts";
import { concat, pad, strided } from "../src/ops/movement.ts";
import { maxPool } from "../src/ops/pool.ts";
import { scatterElementsLargest } from "../src/ops/scatter-largest.ts";
import { OPS } from "../src/ops/registry.ts";
import { abs, atan, cos, erf, exp, log, relu, sigmoid, sin, softplus, sqrt, tanh } from "../src/ops/unary.ts";
import { crossEntropy } from "../src/problem/losses/cross-entropy.ts";
import type { Loss } from "../src/problem/losses/loss.ts";
import { meanSquaredError } from "../src/problem/losses/mean-squared-error.ts";
import { Problem } from "../src/problem/problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import type { FloatType, Shape } from "../src/util/tensor.ts";
import { array, buildProblem, labels } from "./support/build-problem.ts";
import { curvature, type Fault, planted, pullback } from "./support/plant-rule.ts";

/*
 * The checks of every run find what is planted in the rules of a primitive, each on a network that holds it: a pullback
 * that is wrong; one that is right in value and has a wrong derivative, so that no gradient shows it; a wrong pushforward.
 */

/** What stands between two layers: h is [B, 6], w another parameter, [6, 6]. */
type Middle = (h: Value, w: Value) => Value;

const positive = (h: Value) => add(mul(h, h), 0.5);
const window = { kernel: [2], strides: [1], before: [0], after: [0], dilations: [1] };
const grid = { strides: [1], before: [1], after: [1], dilations: [1], group: 1 };

/** Primitives whose pullback is curved, or bilinear: a wrong derivative of it is in the Hessian. */
const CURVED: Readonly<Record<string, Middle>> = {
  Tanh: tanh,
  Sigmoid: sigmoid,
  Softplus: softplus,
  Exp: (h) => exp(mul(h, 0.5)),
  Log: (h) => log(positive(h)),
  Sqrt: (h) => sqrt(positive(h)),
  Sin: sin,
  Cos: cos,
  Erf: erf,
  Atan: atan,
  Reciprocal: (h) => reciprocal(positive(h)),
  Pow: (h) => pow(positive(h), 1.7),
  Mul: (h, w) => mul(h, matmul(h, w)),
  Div: (h) => div(h, positive(h)),
  MatMul: (h, w) => matmul(matmul(h, w), w),
  Norm: (h) => mul(h, norm(h, [1])),
  Standardize: (h) => standardize(h, { axis: 1, epsilon: 1e-5 }),
  InverseDeviation: (h) => mul(h, inverseDeviation(h, { axis: 1, epsilon: 1e-5 })),
  Softmax: (h) => softmax(h, 1),
  LogSoftmax: (h) => logSoftmax(h, 1),
  Conv: (h, w) => reshape(conv(reshape(h, [h.shape[0], 2, 3]), reshape(w, [6, 2, 3]), grid), [h.shape[0], 18]),
};

/** Primitives that stand in the loss of logits. */
const OF_CROSS_ENTROPY: Readonly<Record<string, Middle>> = {
  NegativeLogLikelihood: tanh,
};

/** Places of three axis elements, for every row, twice. */
function firstHalf(h: Value): Value {
  return expand(h.graph.integers([0, 1, 2, 0, 1, 2]), h.shape);
}

/** Linear or piecewise linear ones. */
const STRAIGHT: Readonly<Record<string, Middle>> = {
  Add: (h, w) => add(h, matmul(h, w)),
  Sub: (h, w) => sub(h, matmul(h, w)),
  Neg: (h) => tanh(neg(tanh(h))),
  Relu: relu,
  Abs: abs,
  Where: (h, w) => where(greater(h, 0), h, matmul(h, w)),
  Reshape: (h) => reshape(softmax(reshape(h, [h.shape[0], 2, 3]), 2), [h.shape[0], 6]),
  Transpose: (h) => reshape(transpose(reshape(tanh(h), [h.shape[0], 2, 3]), [0, 2, 1]), [h.shape[0], 6]),
  Expand: (h) => reshape(expand(reshape(h, [h.shape[0], 6, 1]), [h.shape[0], 6, 2]), [h.shape[0], 12]),
  Slice: (h) => tanh(strided(h, [0, 0], [h.shape[0], 3], [1, 2])),
  Pad: (h) => softmax(pad(h, [0, 1], [0, 1]), 1),
  Concat: (h) => concat([tanh(h), h], 1),
  ReduceSum: (h) => mul(h, reduceSum(tanh(h), [1])),
  ReduceMax: (h) => mul(h, reduceMax(h, [1])),
  CumSum: (h) => tanh(cumSum(h, 1)),
  ScatterElementsLargest: (h) => tanh(scatterElementsLargest(h, neg(h), firstHalf(h), 1)),
  Gather: (h) => tanh(gather(h, h.graph.integers([0, 2, 2, 5]), 1)),
  MaxPool: (h) => reshape(maxPool(reshape(h, [h.shape[0], 1, 6]), window), [h.shape[0], 5]),
};

/** No derivative passes, or they stand in derivatives of the others alone. */
const REST: readonly string[] = [
  "Sign Floor Ceil Round Detach Frozen Anchor Cast Mod BitwiseAnd ArgMax MaxPoolIndices MaxPoolPick MaxPoolPlace",
  "Greater GreaterOrEqual Less LessOrEqual Equal And Or Xor Not",
  "OtherProbabilities ConvInput ConvWeight GatherElements ScatterAdd ScatterElementsAdd",
].flatMap((names) => names.split(" "));

/** A network that holds a primitive. */
interface Host {
  readonly middle: Middle;
  readonly loss: Loss;
}

function network({ middle, loss }: Host, precision: FloatType): Problem {
  const random = createRandom(3);
  const draw = (shape: Shape, scale: number) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return array(
      shape,
      random.normalVector(size).map((x) => scale * x),
    );
  };
  const width = middle(...widths()).shape[1];
  return buildProblem(
    {
      x: draw([24, 4], 1),
      y:
        loss === crossEntropy
          ? labels(
              [24],
              Array.from({ length: 24 }, (_, i) => i % 3),
            )
          : draw([24, 3], 1),
      parameters: { a: draw([4, 6], 0.6), b: draw([6], 0.3), w: draw([6, 6], 0.4), c: draw([width, 3], 0.5) },
      build: (x, { a, b, w, c }) => matmul(middle(add(matmul(x, a), b), w), c),
      loss,
    },
    { precision },
  );
}

function widths(): [Value, Value] {
  const graph = new Graph();
  return [graph.input("h", "float64", [24, 6]), graph.input("w", "float64", [6, 6])];
}

/** The checks that fail: of those of every run, or of some, which find by themselves what they find among the others. */
async function failing(
  host: Host,
  precision: FloatType,
  which: "every-run" | readonly string[] = "every-run",
): Promise<string[]> {
  const problem = network(host, precision);
  const checks = await runChecks(problem, which, createRandom(0), {});
  await problem.close();
  return checks.filter(({ passed }) => passed !== true).map(({ name }) => name);
}

function hosts(middles: Readonly<Record<string, Middle>>, loss: Loss): { name: string; host: Host }[] {
  return Object.entries(middles).map(([name, middle]) => ({ name, host: { middle, loss } }));
}

const curved = [...hosts(CURVED, meanSquaredError), ...hosts(OF_CROSS_ENTROPY, crossEntropy)];
const everything = [...curved, ...hosts(STRAIGHT, meanSquaredError)];

test("there is a network for each primitive that derivatives pass", () => {
  const all = [...everything.map(({ name }) => name), ...REST];
  expect(all.toSorted()).toEqual(OPS.map(({ name }) => name).toSorted());
});

test.each(everything)("nothing is found where $name is right", async ({ host }) => {
  expect(await failing(host, "float32")).toEqual([]);
});

// Symmetric and linear, so that neither of those two checks can see it.
test.each(curved)("a derivative of the pullback of $name that is 1 % too large", async ({ name, host }) => {
  expect(await planted(name, curvature(1.01), () => failing(host, "float32", ["hessian"]))).toContain("hessian");
});

test.each(curved)("a derivative of the pullback of $name with the wrong sign", async ({ name, host }) => {
  expect(await planted(name, curvature(-1), () => failing(host, "float64", ["hessian"]))).toContain("hessian");
});

test.each(everything)("a pullback of $name that is 0.1 % too large", async ({ name, host }) => {
  expect(await planted(name, pullback(1.001), () => failing(host, "float64", ["gradient"]))).toContain("gradient");
});

// The gradient of the likelihood is made of a primitive of its own, and products push through that.
const pushed = [
  ...everything.filter(({ name }) => name !== "NegativeLogLikelihood"),
  ...hosts({ OtherProbabilities: tanh }, crossEntropy),
];

test.each(pushed)("a pushforward of $name that is 1 % too large", async ({ name, host }) => {
  const tooLarge: Fault = ({ jvp }) => ({
    jvp: (...args) => {
      const right = jvp?.(...args);
      return right && mul(right, 1.01);
    },
  });
  const which = ["hessian", "gauss-newton-product"];
  expect(await planted(name, tooLarge, () => failing(host, "float64", which))).toEqual(which);
});
