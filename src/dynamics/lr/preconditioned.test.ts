import { expect, it } from "vitest";
import { denseProblem } from "../../../test/support/dense-problem.ts";
import { productOperator } from "../../operators/problem-operators.ts";
import { adam } from "../../optimizers/adam.ts";
import { adamw } from "../../optimizers/adamw.ts";
import { rmsprop } from "../../optimizers/rmsprop.ts";
import type { StabilityLimit } from "../../optimizers/stability-limit.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import { meanSquaredError } from "../../problem/losses/mean-squared-error.ts";
import { createRandom } from "../../random/random-stream.ts";
import { preconditionedSharpness } from "./preconditioned.ts";

/* L = ½((aθ₁ − y₁)² + (bθ₂ − y₂)²): H = diag(a², b²), and every matrix behind a divisor is diagonal. */

const [a, b] = [2, 1];
const theta = [0.75, -1.5];
const targets = [1, 0.5];
const hessian = [a * a, b * b];
const gradient = [a * (a * theta[0] - targets[0]), b * (b * theta[1] - targets[1])];

const sharpnessOf = async (limit: StabilityLimit | undefined) => {
  if (limit?.matrix !== "D⁻¹H") throw new Error("no limit behind a divisor");
  const problem = denseProblem(
    [{ name: "fc", inputs: 2, weights: theta }],
    [
      [a, 0],
      [0, b],
    ],
    targets.map((y) => [y]),
    meanSquaredError,
  );
  const operator = productOperator(problem.point, hessianProduct);
  const asked = { batch: 2, batches: 1, limit, tolerance: 1e-12 };
  const found = await preconditionedSharpness(problem, operator, asked, createRandom(1), {});
  return found?.value;
};

const largest = (decay: number, divisorOf: (slope: number) => number) =>
  Math.max(...hessian.map((h, i) => (h + decay) / divisorOf(gradient[i] + decay * theta[i])));

it.each([0, 0.5, 4])("a decay of %d in the gradient is in the matrix and in the divisor", async (weightDecay) => {
  const eps = 1e-2;
  const expected = largest(weightDecay, (slope) => Math.abs(slope) + eps);
  expect(await sharpnessOf(adam.with({ eps, weightDecay }).stabilityLimit)).toBeCloseTo(expected, 9);
  expect(await sharpnessOf(rmsprop.with({ eps, weightDecay }).stabilityLimit)).toBeCloseTo(expected, 9);
});

it("a decay of the weights themselves is in neither", async () => {
  const expected = largest(0, (slope) => Math.abs(slope) + 1e-2);
  expect(await sharpnessOf(adamw.with({ eps: 1e-2, weightDecay: 4 }).stabilityLimit)).toBeCloseTo(expected, 9);
});

it("what deviates from its mean is all that centred steps are divided by: nothing, where batches agree", async () => {
  const { stabilityLimit } = rmsprop.with({ eps: 0.5, centered: true });
  expect(await sharpnessOf(stabilityLimit)).toBeCloseTo(
    largest(0, () => 0.5),
    9,
  );
});
