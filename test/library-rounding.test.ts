import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runProfile } from "../src/instruments/profile.ts";
import { eigenvalues, exactSpectrum, frobeniusNorm, trace } from "../src/library/estimates.ts";
import { empiricalFisher, gaussNewton, hessian } from "../src/library/matrices.ts";
import { add } from "../src/ops/arithmetic.ts";
import { matmul } from "../src/ops/matmul.ts";
import { tanh } from "../src/ops/unary.ts";
import { crossEntropy } from "../src/problem/losses/cross-entropy.ts";
import type { Problem } from "../src/problem/problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import type { FloatType } from "../src/util/tensor.ts";
import { array, buildProblem, labels } from "./support/build-problem.ts";

/*
 * What the functions of the library state of a float32 problem holds what they find in float64, where much cancels: all
 * logits are moved by the same 15 000, which no loss sees.
 */

const EXAMPLES = 24;
const random = createRandom(11);
/** Numbers of 12 bits: the same in both arithmetics. */
const draw = (name: string, shape: readonly number[], scale: number) => {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const values = random.split(name).normalVector(size);
  return array(
    shape,
    values.map((x) => Math.round(scale * x * 2 ** 12) / 2 ** 12),
  );
};

function open(precision: FloatType): Problem {
  const parameters = { a: draw("a", [5, 6], 0.6), c: draw("c", [6, 3], 0.7), d: draw("d", [3], 0.2) };
  return buildProblem(
    {
      x: draw("x", [EXAMPLES, 5], 1),
      y: labels(
        [EXAMPLES],
        Array.from({ length: EXAMPLES }, (_, i) => i % 3),
      ),
      parameters: { ...parameters, d: { ...parameters.d, data: parameters.d.data.map((x) => x + 15_000) } },
      build: (x, { a, c, d }) => add(matmul(tanh(matmul(x, a)), c), d),
      loss: crossEntropy,
    },
    { precision },
  );
}

describe.each([
  ["the Hessian", hessian],
  ["the Gauss–Newton matrix", gaussNewton],
  ["the empirical Fisher matrix", empiricalFisher],
])("%s of the library in float32", (_name, matrix) => {
  let narrow: Problem;
  let wide: Problem;

  beforeAll(() => {
    narrow = open("float32");
    wide = open("float64");
  });

  afterAll(async () => {
    await narrow.close();
    await wide.close();
  });

  test("every eigenvalue lies within the rounding", async () => {
    const truth = await exactSpectrum(matrix(wide));
    const found = await exactSpectrum(matrix(narrow));
    const off = found.values.map((x, i) => Math.abs(x - truth.values[i]));
    expect(Math.max(...off)).toBeGreaterThan(1e-6);
    expect(Math.max(...off)).toBeLessThanOrEqual(found.rounding);
  });

  test.each(["exact", "hutchinson"] as const)("trace and norm lie in their intervals, %s", async (method) => {
    for (const estimate of [trace, frobeniusNorm]) {
      const { value } = await estimate(matrix(wide), { method: "exact" });
      const { interval } = await estimate(matrix(narrow), { method, seed: 1 });
      expect(interval.lower).toBeLessThanOrEqual(value);
      expect(interval.upper).toBeGreaterThanOrEqual(value);
    }
  });

  test("extreme eigenvalues lie within their residuals", async () => {
    const { values } = await exactSpectrum(matrix(wide));
    const { top, bottom } = await eigenvalues(matrix(narrow), { largest: 2, smallest: 2 });
    const truth = [values[values.length - 1], values[values.length - 2], values[0], values[1]];
    [...top, ...bottom].forEach(({ value, residual }, i) => {
      expect(Math.abs(value - truth[i])).toBeLessThanOrEqual(residual);
    });
  });
});

test("measures of flatness in float32 hold what they are in float64", async () => {
  const measuresIn = async (precision: FloatType) => {
    await using problem = open(precision);
    const { result } = await runProfile(problem, { only: "flatness" }, createRandom(0), {});
    return new Map(result.flatness?.measures.map((measure) => [measure.name, measure]));
  };
  const truth = await measuresIn("float64");
  for (const [name, { value, error, bound }] of await measuresIn("float32")) {
    const exact = truth.get(name)?.value ?? Number.NaN;
    // An ascent may end a thousandth below the maximum that it finds.
    if (bound === "lower bound") expect(value, name).toBeLessThanOrEqual(1.002 * exact);
    else expect(Math.abs(value - exact), name).toBeLessThanOrEqual((error ?? 0) + 1e-9 * Math.abs(exact));
  }
});
