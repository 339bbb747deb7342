import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gradient, hessianVector, outputHessianVector, sandwich } from "../src/autodiff/products.ts";
import { pullback } from "../src/autodiff/pullback.ts";
import { pushforward } from "../src/autodiff/pushforward.ts";
import { vectorize } from "../src/autodiff/vectorize.ts";
import { Graph } from "../src/graph/graph.ts";
import { inputNameOf, tensorOf } from "../src/graph/leaf.ts";
import { partition } from "../src/graph/partition.ts";
import { inputsOf, reachable } from "../src/graph/traverse.ts";
import type { Value } from "../src/graph/value.ts";
import { lowerGraph } from "../src/onnx/emit-lower.ts";
import { add, div, mul, neg, reciprocal, sub } from "../src/ops/arithmetic.ts";
import { factorSums } from "../src/ops/factor-sums.ts";
import { fuseGemm } from "../src/ops/gemm.ts";
import { collectLinear } from "../src/ops/collect-linear.ts";
import { cast, greater, where } from "../src/ops/logic.ts";
import { matmul } from "../src/ops/matmul.ts";
import { concat, pad, sliceAxis } from "../src/ops/movement.ts";
import { softmax } from "../src/ops/reduction.ts";
import { expand, reduceSum, reshape, sumAll, transpose } from "../src/ops/structure.ts";
import { cos, detach, exp, sin, tanh } from "../src/ops/unary.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { sizeOf, type Tensor } from "../src/util/tensor.ts";
import { checkCases } from "./support/check-cases.ts";
import { expectClose } from "./support/numbers.ts";
import { float, type OpCase } from "./support/op-case.ts";
import { evaluate, FLOAT64 } from "./support/run-values.ts";

const ROWS = 3;
const COLUMNS = 4;

/** One step of a random expression in values of the shape [3, 4]: everything the simplifier rewrites. */
const steps: readonly ((x: Value, y: Value) => Value)[] = [
  (x, y) => add(x, y),
  (x, y) => sub(x, y),
  (x, y) => mul(x, y),
  (x) => neg(x),
  (x) => mul(x, -1),
  (x) => mul(mul(x, 2), 0.25),
  (x) => mul(x, 0),
  (x) => add(0, x),
  (x) => sub(0, x),
  (x) => div(x, 4),
  (x) => div(x, 3),
  (x, y) => div(x, add(2, mul(y, y))),
  (x) => div(1, add(1, mul(x, x))),
  (x) => reciprocal(add(1.5, tanh(x))),
  (x) => tanh(x),
  (x) => sin(x),
  (x) => softmax(x, 1),
  (x) => add(x, x),
  (x, y) => where(greater(x, 10), x, y),
  (x, y) => mul(cast(greater(y, 10), x.dtype), x),
  (x) => transpose(transpose(x, [1, 0]), [1, 0]),
  (x) => reshape(reshape(x, [12]), [ROWS, COLUMNS]),
  (x) => reshape(transpose(reshape(x, [ROWS, 1, 2, 2]), [0, 2, 1, 3]), [ROWS, COLUMNS]),
  (x) => expand(reduceSum(x, [0]), [ROWS, COLUMNS]),
  (x, y) => mul(expand(reduceSum(x, [1]), [ROWS, COLUMNS]), y),
  (x, y) => add(expand(reshape(reduceSum(x, [0]), [COLUMNS]), [ROWS, COLUMNS]), y),
  (x) => expand(reduceSum(reduceSum(x, [0]), [1]), [ROWS, COLUMNS]),
  (x, y) => mul(matmul(matmul(x, y, { transposeB: true }), x), 0.1),
  (x, y) => mul(matmul(x, matmul(transpose(x, [1, 0]), y)), 0.1),
  (x, y) => add(mul(matmul(matmul(x, transpose(y, [1, 0])), y), 0.1), reduceSum(x, [0])),
  (x, y) =>
    add(
      x,
      reshape(mul(matmul(reshape(x, [1, ROWS, COLUMNS]), matmul(x, y, { transposeA: true })), 0.1), [ROWS, COLUMNS]),
    ),
  (x, y) => sliceAxis(concat([x, y], 1), 1, 2, 6),
  (x) => pad(pad(x, [0, -1], [0, 0]), [0, 1], [0, 0]),
  (x) => pad(pad(sliceAxis(x, 0, 1, 2), [1, 0], [0, 0]), [0, 0], [1, 0]),
  (x) => detach(x),
];

const expressions: fc.Arbitrary<OpCase> = fc
  .array(fc.tuple(fc.nat(steps.length - 1), fc.nat(), fc.nat()), { minLength: 3, maxLength: 9 })
  .map((program) => ({
    label: `expression ${program.map(([step]) => step).join(" ")}`,
    inputs: [float([ROWS, COLUMNS]), float([ROWS, COLUMNS])],
    build: (x: Value, y: Value) => {
      const known = [x, y];
      for (const [step, a, b] of program)
        known.push(steps[step](known[a % known.length], known[known.length - 1 - (b % 2)]));
      return mul(known[known.length - 1], 0.1);
    },
  }));

/** Without detached values, for which differences and derivatives disagree on purpose. */
const smooth = expressions.filter(({ label }) => !label.split(" ").includes(String(steps.length - 1)));

describe("random expressions", () => {
  test("derivatives, blocks and precisions agree, simplified or not", async () => {
    for (const seed of [1, 2, 3]) await checkCases(fc.sample(smooth, { seed, numRuns: 12 }), { seed });
  });

  test("detached parts carry no derivative, in any order of modes", async () => {
    await checkCases(fc.sample(expressions, { seed: 5, numRuns: 12 }), { seed: 5, differences: false });
  });
});

/** Feeds for every input of the outputs. */
function feedsFor(outputs: readonly Value[], seed: number): Map<string, Tensor> {
  const random = createRandom(seed);
  return new Map(
    [...inputsOf(outputs)].map(([name, { shape }]) => [
      name,
      { dtype: "float64", shape, data: random.split(name).normalVector(sizeOf(shape)) } as const,
    ]),
  );
}

const numbered = (values: readonly Value[]) => new Map(values.map((value, i) => [`y${i}`, value]));

/** A Hessian–vector product of a small random network, and the inputs that carry its vector. */
function hessianProgram(sample: OpCase): { outputs: Value[]; varying: Value[] } {
  const graph = new Graph();
  const inputs = sample.inputs.map(({ shape }, i) => graph.input(`x${i}`, "float64", shape));
  const vectors = inputs.map(({ shape }, i) => graph.input(`v${i}`, "float64", shape));
  return { outputs: hessianVector(sumAll(sin(sample.build(...inputs))), inputs, vectors), varying: vectors };
}

describe("passes keep the values", () => {
  const drawn = fc.sample(smooth, { seed: 11, numRuns: 25 });

  test("collectLinear", async () => {
    for (const sample of drawn) {
      const { outputs, varying } = hessianProgram(sample);
      const collected = collectLinear(outputs, varying);
      expect(collected.varying.map(inputNameOf)).toEqual(varying.map(inputNameOf));
      await expectSame(outputs, collected.outputs, sample.label);
    }
  });

  test("fuseGemm", async () => {
    let fused = 0;
    for (const sample of drawn) {
      const lowered = lowerGraph(hessianProgram(sample).outputs, FLOAT64);
      const result = fuseGemm(lowered);
      fused += reachable(result).filter(({ operation }) => operation.name === "Gemm").length;
      await expectSame(lowered, result, sample.label);
    }
    expect(fused).toBeGreaterThan(0);
  });

  test("factorSums", async () => {
    let fewer = 0;
    for (const sample of drawn) {
      const lowered = lowerGraph(hessianProgram(sample).outputs, FLOAT64);
      const result = factorSums(lowered);
      fewer += reachable(lowered).length - reachable(result).length;
      await expectSame(lowered, result, sample.label);
    }
    expect(fewer).toBeGreaterThan(0);
  });

  test("fuseGemm leaves a spread product alone", async () => {
    const graph = new Graph();
    const product = matmul(graph.input("a", "float64", [2, 3]), graph.input("b", "float64", [3, 4]));
    const spread = add(expand(product, [5, 2, 4]), graph.input("c", "float64", [4]));
    await expectSame([spread], fuseGemm([spread]), "spread");
  });

  test("partition", async () => {
    for (const sample of drawn) {
      const { outputs, varying } = hessianProgram(sample);
      const cut = partition(outputs, varying);
      const feeds = feedsFor(outputs, 3);
      const kept = cut.prepared.size === 0 ? new Map<string, Tensor>() : await evaluate(cut.prepared, feeds);
      const whole = await evaluate(numbered(outputs), feeds);
      const parts = await evaluate(numbered(cut.outputs), new Map([...feeds, ...kept]));
      for (const [name, { data }] of whole)
        expectClose(parts.get(name)?.data ?? [], data, 1e-13, `${sample.label} ${name}`);
      expect([...inputsOf(cut.outputs).keys()].filter((name) => cut.prepared.has(name))).toEqual([
        ...cut.prepared.keys(),
      ]);
    }
  });
});

async function expectSame(before: readonly Value[], after: readonly Value[], label: string): Promise<void> {
  const feeds = feedsFor(before, 3);
  const expected = await evaluate(numbered(before), feeds);
  const found = await evaluate(numbered(after), feeds);
  for (const [name, { data }] of expected) expectClose(found.get(name)?.data ?? [], data, 1e-12, `${label} ${name}`);
}

describe("transformations", () => {
  test("a value that does not depend on the input has a zero derivative", () => {
    const graph = new Graph();
    const x = graph.input("x", "float64", [2]);
    const y = graph.input("y", "float64", [2]);
    expect(tensorOf(gradient(sumAll(exp(y)), [x])[0])?.data).toEqual(Float64Array.of(0, 0));
    expect(tensorOf(pushforward([exp(y)], [x], [x])[0])?.data).toEqual(Float64Array.of(0, 0));
  });

  test("derivatives with respect to a value inside the graph hold what lies before it fixed", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float64", []);
    const middle = mul(x, x);
    const loss = mul(middle, sin(x));
    const feeds = new Map([["x", { dtype: "float64", shape: [], data: Float64Array.of(0.7) } as const]]);
    const results = await evaluate(
      new Map([
        ["reverse", gradient(loss, [middle])[0]],
        ["forward", pushforward([loss], [middle], [graph.scalar(1, "float64")])[0]],
        ["both", pullback([loss], [graph.scalar(1, "float64")], [x, middle])[0]],
      ]),
      feeds,
    );
    expect(results.get("reverse")?.data[0]).toBeCloseTo(Math.sin(0.7), 15);
    expect(results.get("forward")?.data[0]).toBeCloseTo(Math.sin(0.7), 15);
    // With the middle held fixed as well, x acts through the sine only.
    expect(results.get("both")?.data[0]).toBeCloseTo(0.49 * Math.cos(0.7), 15);
  });

  test("a gradient is asked of a scalar", () => {
    const graph = new Graph();
    const x = graph.input("x", "float64", [2]);
    expect(() => gradient(exp(x), [x])).toThrow("A gradient needs a scalar, not a value of shape [2].");
  });

  test("a block of vectors through an output that does not depend on them repeats it", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float64", [2]);
    const t = graph.input("t", "float64", [2]);
    const [repeated] = vectorize([cos(x)], new Map([[t, graph.input("T", "float64", [3, 2])]]), 3);
    const results = await evaluate(new Map([["y", repeated]]), feedsFor([repeated], 1));
    expect(repeated.shape).toEqual([3, 2]);
    expectClose(results.get("y")?.data.slice(0, 2) ?? [], results.get("y")?.data.slice(4) ?? [], 0, "rows");
  });

  test("Gauss–Newton is the Hessian without the curvature of the network", async () => {
    // z = tanh(θ), ℓ = ½(z − 1)²: G = z′², H = z′² + (z − 1) z″
    const graph = new Graph();
    const theta = graph.input("theta", "float64", []);
    const z = tanh(theta);
    const residual = sub(z, 1);
    const loss = mul(mul(residual, residual), 0.5);
    const one = graph.scalar(1, "float64");
    const [gaussNewton] = sandwich(z, [theta], [one], (tangent) => outputHessianVector(loss, z, tangent));
    const [hessian] = hessianVector(loss, [theta], [one]);
    const point = 0.3;
    const results = await evaluate(
      new Map([
        ["g", gaussNewton],
        ["h", hessian],
      ]),
      new Map([["theta", { dtype: "float64", shape: [], data: Float64Array.of(point) } as const]]),
    );
    const value = Math.tanh(point);
    const slope = 1 - value ** 2;
    expect(results.get("g")?.data[0]).toBeCloseTo(slope ** 2, 14);
    expect(results.get("h")?.data[0]).toBeCloseTo(slope ** 2 + (value - 1) * -2 * value * slope, 14);
  });
});
