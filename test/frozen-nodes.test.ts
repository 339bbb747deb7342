import { describe, expect, test } from "vitest";
import { runChecks } from "../src/instruments/run-checks.ts";
import { add, mul } from "../src/ops/arithmetic.ts";
import { matmul } from "../src/ops/matmul.ts";
import { sin, tanh } from "../src/ops/unary.ts";
import { decodeModel } from "../src/onnx/decode-model.ts";
import { crossEntropy } from "../src/problem/losses/cross-entropy.ts";
import { gradientDerivative } from "../src/problem/derivatives/gradient.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { array, buildProblem, labels, networkBytes, type BuildNetwork } from "./support/build-problem.ts";

const random = createRandom(11);
const draw = (name: string, shape: readonly number[]) =>
  array(
    shape,
    random
      .split(name)
      .normalVector(shape.reduce((a, b) => a * b, 1))
      .map((x) => 0.5 * x),
  );

const x = draw("x", [30, 4]);
const y = labels(
  [30],
  Array.from({ length: 30 }, (_, i) => i % 3),
);
const parameters = { a: draw("a", [4, 6]), b: draw("b", [6, 6]), c: draw("c", [6, 3]) };

/** The name of the only node of a type, as the file has it. */
function nodeOf(build: BuildNetwork, op: string): string {
  const { graph } = decodeModel(networkBytes(x, parameters, build), { file: "network.onnx" });
  const [found] = graph.nodes.filter((node) => node.op === op);
  return found.name;
}

const NETWORKS: readonly (readonly [string, BuildNetwork])[] = [
  ["all that a parameter does", (h, { a, b, c }) => matmul(tanh(matmul(sin(matmul(h, a)), b)), c)],
  [
    "a part of what a parameter does",
    (h, { a, b, c }) => matmul(tanh(add(matmul(h, a), mul(sin(matmul(h, a)), matmul(matmul(h, a), b)))), c),
  ],
];

describe.each(["float32", "float64"] as const)("in %s", (precision) => {
  test.each(NETWORKS)("a frozen node is %s: the checks move what is not behind it, and pass", async (_name, build) => {
    const freeze = [nodeOf(build, "Sin")];
    const problem = buildProblem({ x, y, parameters, build, loss: crossEntropy }, { precision, freeze });
    const checks = await runChecks(problem, "all", createRandom(0), {});
    await problem.close();
    expect(checks.flatMap(({ name, passed }) => (passed === false ? [name] : []))).toEqual([]);
    const decided = checks.filter(({ name }) =>
      ["gradient", "hessian", "gauss-newton-product", "dense-block"].includes(name),
    );
    expect(decided.map(({ passed }) => passed)).toEqual([true, true, true, true]);
    for (const { detail } of decided)
      expect(detail).toContain('Not moved, as frozen or quantised values are computed from them: "a".');
  });

  test("where all parameters are behind a frozen node, differences decide nothing, and that is said", async () => {
    const build: BuildNetwork = (h, { a, b, c }) => sin(matmul(matmul(matmul(h, a), b), c));
    const freeze = [nodeOf(build, "Sin")];
    const problem = buildProblem({ x, y, parameters, build, loss: crossEntropy }, { precision, freeze });
    const checks = await runChecks(problem, "all", createRandom(0), {});
    await problem.close();
    const differences = checks.filter(({ name }) =>
      ["gradient", "hessian", "gauss-newton-product", "dense-block"].includes(name),
    );
    expect(differences.map(({ passed }) => passed)).toEqual([null, null, null, null]);
    expect(checks.flatMap(({ name, passed }) => (passed === false ? [name] : []))).toEqual([]);
  });

  test("a gradient that is 1 % too large elsewhere is found all the same", async () => {
    const [, build] = NETWORKS[0];
    const freeze = [nodeOf(build, "Sin")];
    const problem = buildProblem({ x, y, parameters, build, loss: crossEntropy }, { precision, freeze });
    const { build: right } = gradientDerivative;
    gradientDerivative.build = (site, tangents) => right(site, tangents).map((part) => mul(part, 1.01));
    const checks = await runChecks(problem, "every-run", createRandom(0), {});
    gradientDerivative.build = right;
    await problem.close();
    expect(checks.flatMap(({ name, passed }) => (passed === false ? [name] : []))).toContain("gradient");
  });
});
