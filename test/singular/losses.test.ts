import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openDataset } from "../../src/data/open-dataset.ts";
import { bytesSource } from "../../src/files/byte-source.ts";
import { runChecks } from "../../src/instruments/run-checks.ts";
import { decodeModel } from "../../src/onnx/decode-model.ts";
import { add } from "../../src/ops/arithmetic.ts";
import { where } from "../../src/ops/logic.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { Problem } from "../../src/problem/problem.ts";
import { gaussNewtonProduct } from "../../src/problem/derivatives/gauss-newton.ts";
import { hessianProduct } from "../../src/problem/derivatives/hessian.ts";
import { createRandom } from "../../src/random/random-stream.ts";
import { array, buildProblem, labels, type ProblemParts } from "../support/build-problem.ts";
import { expectClose } from "../support/numbers.ts";
import { DEFAULTS, lossNamed } from "../support/reference-case.ts";
import { runtime } from "../support/run-values.ts";

const bytesOf = (file: string) => Uint8Array.from(readFileSync(new URL(file, import.meta.url)));

async function expectAllFinite(problem: Problem): Promise<void> {
  const v = createRandom(1).normalVector(problem.space.dimension);
  const results = [
    await problem.point.gradient(),
    await problem.point.jacobianVector(v),
    ...(await problem.point.product(hessianProduct, [v])),
    ...(await problem.point.product(gaussNewtonProduct, [v])),
  ];
  for (const result of results) expect(result.every(Number.isFinite)).toBe(true);
}

test("a class masked with −∞ that labels never name", async () => {
  const model = decodeModel(bytesOf("masked-logits/model.onnx"), { file: "model.onnx" });
  const inputs = model.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  const data = openDataset(
    "data.npz",
    { data: bytesSource("data.npz", bytesOf("masked-logits/data.npz")) },
    { inputs },
  );
  const problem = Problem.open(model, data, runtime, {
    ...DEFAULTS,
    loss: lossNamed("cross-entropy"),
    precision: "float64",
  });
  // PyTorch 1.13, float64
  expectClose([(await problem.point.value()).loss], [0.628406152639983], 1e-14, "loss");
  const gradient = await problem.point.gradient();
  const [weight, bias] = ["fc.weight", "fc.bias"].map((name) =>
    problem.space.tensors.find((each) => each.name === name),
  );
  const part = (tensor: typeof weight) => gradient.slice(tensor?.offset, (tensor?.offset ?? 0) + (tensor?.size ?? 0));
  expectClose(part(weight).slice(0, 4), [0.0372916032, -0.0372916032, 0, 0.0172973196], 1e-9, "weight");
  expectClose([Math.hypot(...part(weight))], [0.42015198337], 1e-10, "norm of the weight's part");
  expectClose(part(bias), [0.1009994926, -0.1009994926, 0], 1e-9, "bias");
  await expectAllFinite(problem);
  const checks = await runChecks(problem, "all", createRandom(0), {});
  expect(checks.filter(({ passed }) => !passed)).toEqual([]);
  await problem.close();
});

const X = array([3, 2], [0.3, -1, 0.7, 0.2, -0.4, 0.9]);
const W = array([2, 2], [0.5, -0.2, 0.1, 0.4]);
const B = array([2], [0.1, -0.3]);
const logits: ProblemParts["build"] = (x, { w, b }) => add(matmul(x, w), b);

/** The same network with some of its outputs, marked + and −, replaced by a number and its negative. */
function replaced(marks: string, size: number): ProblemParts["build"] {
  return (x, p) => {
    const z = logits(x, p);
    const marked = (mark: string) =>
      z.graph.constant({
        dtype: "bool",
        shape: z.shape,
        data: Uint8Array.from(marks, (each) => Number(each === mark)),
      });
    return where(marked("+"), size, where(marked("-"), -size, z));
  };
}

describe("infinite and saturated logits leave the loss as it is in the limit", () => {
  const y = array([3, 2], [1, 0, 0.25, 1, 0, 1]);
  const open = (size: number) =>
    buildProblem(
      {
        x: X,
        y,
        parameters: { w: W, b: B },
        build: replaced("+-..-+", size),
        loss: lossNamed("bce"),
      },
      { batchSize: 3 },
    );

  test.each([40, 200, 800, Infinity])("binary cross-entropy at ±%d", async (size) => {
    const [far, nearly] = [open(size), open(60)];
    expectClose([(await far.point.value()).loss], [(await nearly.point.value()).loss], 1e-15, "loss");
    expectClose(await far.point.gradient(), await nearly.point.gradient(), 1e-15, "gradient");
    await expectAllFinite(far);
    await far.close();
    await nearly.close();
  });

  test("small losses keep their digits: softplus(−40) = 4.2e-18", async () => {
    const problem = buildProblem({
      x: array([1, 1], [1]),
      y: array([1, 1], [1]),
      parameters: { w: array([1, 1], [40]) },
      build: (x, { w }) => matmul(x, w),
      loss: lossNamed("bce"),
    });
    const { loss } = await problem.point.value();
    expect(loss / Math.log1p(Math.exp(-40))).toBeCloseTo(1, 13);
    await problem.close();
  });
});

test("rows whose label is ignored may hold anything", async () => {
  const problem = buildProblem(
    {
      x: X,
      y: labels([3], [0, -100, 1]),
      parameters: { w: W, b: B },
      build: replaced("..-+..", Infinity),
      loss: lossNamed("cross-entropy"),
    },
    { batchSize: 3 },
  );
  const plain = buildProblem(
    { x: X, y: labels([3], [0, -100, 1]), parameters: { w: W, b: B }, build: logits, loss: lossNamed("cross-entropy") },
    { batchSize: 3 },
  );
  expectClose([(await problem.point.value()).loss], [(await plain.point.value()).loss], 1e-15, "loss");
  expectClose(await problem.point.gradient(), await plain.point.gradient(), 1e-15, "gradient");
  await problem.close();
  await plain.close();
});

test("soft labels: a class of weight 0 may have the probability 0", async () => {
  const problem = buildProblem(
    {
      x: X,
      y: array([3, 2], [1, 0, 0, 1, 1, 0]),
      parameters: { w: W, b: B },
      build: replaced(".--...", Infinity),
      loss: lossNamed("cross-entropy"),
    },
    { batchSize: 3 },
  );
  await expectAllFinite(problem);
  await problem.close();
});
