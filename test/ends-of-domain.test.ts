import { describe, expect, test } from "vitest";
import { runChecks } from "../src/instruments/run-checks.ts";
import { add } from "../src/ops/arithmetic.ts";
import { matmul } from "../src/ops/matmul.ts";
import { log, sqrt, tanh } from "../src/ops/unary.ts";
import { crossEntropy } from "../src/problem/losses/cross-entropy.ts";
import { meanSquaredError } from "../src/problem/losses/mean-squared-error.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { array, buildProblem, labels } from "./support/build-problem.ts";

/*
 * A loss may end near its weights: behind the logarithm of one that is nearly 0, a step that is short beside the others
 * leaves it. Steps that stay inside check the derivatives, or those at a point further on.
 */

const random = createRandom(5);
const draw = (name: string, shape: readonly number[]) =>
  array(shape, random.split(name).normalVector(shape.reduce((product, extent) => product * extent, 1)));

describe.each(["float32", "float64"] as const)("in %s", (precision) => {
  test.each([
    ["the logarithm of 1e-6", 1e-6, log],
    ["the logarithm of 1e-12", 1e-12, log],
    ["the root of 1e-7", 1e-7, sqrt],
  ])("%s", async (_what, small, op) => {
    await using problem = buildProblem(
      {
        x: draw("x", [12, 4]),
        y: draw("y", [12, 3]),
        parameters: { a: draw("a", [4, 3]), w: array([3], [0.7, small, 1.3]) },
        build: (x, { a, w }) => add(matmul(x, a), op(w)),
        loss: meanSquaredError,
      },
      { precision },
    );
    const checks = await runChecks(problem, "every-run", createRandom(0), {});
    expect(checks.filter(({ passed }) => passed === false)).toEqual([]);
    expect(checks.find(({ name }) => name === "gradient")?.passed).toBe(true);
  });
});

test.each([
  ["class numbers", labels([12], [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2])],
  [
    "distributions",
    array(
      [12, 3],
      Array.from({ length: 36 }, (_, i) => (Math.floor(i / 3) % 3 === i % 3 ? 1 : 0)),
    ),
  ],
])("probabilities that float32 has not, e⁻¹¹⁰ and less beside 1, of %s", async (_what, y) => {
  await using problem = buildProblem(
    {
      x: array(
        [12, 3],
        Array.from({ length: 36 }, (_, i) => (Math.floor(i / 3) % 3 === i % 3 ? 1 + (i % 5) / 7 : 0)),
      ),
      y,
      parameters: {
        a: array([3, 3], [0.5, 0.1, 0, 0, 0.6, 0.1, 0.1, 0, 0.7]),
        w: array([3, 3], [300, 0, 9, 7, 310, 0, 0, 5, 320]),
      },
      build: (x, { a, w }) => matmul(tanh(matmul(x, a)), w),
      loss: crossEntropy,
    },
    { precision: "float32" },
  );
  const checks = await runChecks(problem, "every-run", createRandom(0), {});
  expect(checks.filter(({ passed }) => passed === false)).toEqual([]);
});
