import { expect, it } from "vitest";
import { array, buildProblem } from "../../../test/support/build-problem.ts";
import { dot, norm2 } from "../../linalg/vector.ts";
import { matmul } from "../../ops/matmul.ts";
import { meanSquaredError } from "../../problem/losses/mean-squared-error.ts";
import { createRandom } from "../../random/random-stream.ts";
import { batchesDrawn, batchSharpness } from "./batch-sharpness.ts";

it("takes every example once in batches of one, and is exact", async () => {
  const random = createRandom(7);
  // Of one example (w·x − y)²: H = 2 x xᵀ, g along x, so that gᵀHg/‖g‖² is 2 ‖x‖²; a few are much larger.
  const x = random.normalVector(300).map((each, i) => each * (i < 6 ? 20 : 1));
  const y = random.normalVector(100);
  const w = random.normalVector(3);
  await using problem = buildProblem({
    x: array([100, 3], x),
    y: array([100, 1], y),
    parameters: { w: array([3, 1], w) },
    build: (input, { w: weights }) => matmul(input, weights),
    loss: meanSquaredError,
  });
  const found = await batchSharpness(
    problem,
    problem.point.parameters,
    { size: 1, batches: 64, rounding: 0 },
    createRandom(1),
    {},
  );
  const rows = Array.from(y, (target, i) => {
    const row = x.subarray(3 * i, 3 * i + 3);
    const square = (2 * (dot(row, w) - target)) ** 2 * dot(row, row);
    return { value: 2 * dot(row, row), square };
  });
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0);
  const plain = sum(({ value }) => value) / rows.length;
  const weighted = sum(({ value, square }) => value * square) / sum(({ square }) => square);
  expect((found?.plain.value ?? 0) / plain).toBeCloseTo(1, 12);
  expect((found?.weighted.value ?? 0) / weighted).toBeCloseTo(1, 12);
  expect([found?.plain.standardError, found?.weighted.standardError]).toEqual([0, 0]);
});

it("takes more batches where they are small, none twice, and one where it holds all", () => {
  const drawn = (size: number, examples: number) => batchesDrawn({ size, batches: 64, examples });
  expect([drawn(1, 300), drawn(1, 10_000), drawn(4, 300), drawn(32, 300), drawn(300, 300)]).toEqual([
    300, 512, 128, 64, 1,
  ]);
});

/** (w·x − y)² of single examples, with x and y in rows. */
function regression(x: Float64Array, y: Float64Array, w: Float64Array) {
  return buildProblem({
    x: array([y.length, w.length], x),
    y: array([y.length, 1], y),
    parameters: { w: array([w.length, 1], w) },
    build: (input, { w: weights }) => matmul(input, weights),
    loss: meanSquaredError,
  });
}

it("is that of all pairs of examples within what it states, plain and weighted", async () => {
  const random = createRandom(11);
  const [n, width] = [40, 3];
  const x = random.normalVector(n * width).map((each, i) => each * (i < 8 * width ? 3 : 1));
  const [y, w] = [random.normalVector(n), random.normalVector(width)];
  await using problem = regression(x, y, w);
  const options = { size: 2, batches: 400, rounding: 0 };
  const found = await batchSharpness(problem, problem.point.parameters, options, createRandom(1), {});
  const rows = Array.from(y, (target, i) => {
    const row = x.subarray(width * i, width * i + width);
    return { row, slope: 2 * (dot(row, w) - target) };
  });
  const pairs = rows.flatMap((a, i) =>
    rows.slice(i + 1).map((b) => {
      const gradient = a.row.map((each, k) => (a.slope * each + b.slope * b.row[k]) / 2);
      const square = dot(gradient, gradient);
      const form = dot(a.row, gradient) ** 2 + dot(b.row, gradient) ** 2;
      return { form, square };
    }),
  );
  const mean = (of: (pair: (typeof pairs)[number]) => number) =>
    pairs.reduce((sum, pair) => sum + of(pair), 0) / pairs.length;
  const plain = mean(({ form, square }) => form / square);
  const weighted = mean(({ form }) => form) / mean(({ square }) => square);
  for (const [estimate, truth] of [
    [found?.plain, plain],
    [found?.weighted, weighted],
  ] as const) {
    expect(Math.abs((estimate?.value ?? 0) - truth)).toBeLessThan(4 * (estimate?.standardError ?? 0));
    expect(estimate?.standardError).toBeLessThan(0.1 * truth);
  }
  // Pairs with large gradients are the curved ones.
  expect((found?.weighted.value ?? 0) / plain).toBeGreaterThan(1.5);
});

it("is none where rounding, larger by √(n/B) on a batch, may turn its gradient", async () => {
  const n = 100;
  await using problem = regression(new Float64Array(2 * n).fill(1), new Float64Array(n).fill(3), Float64Array.of(1, 1));
  const theta = problem.point.parameters;
  const length = norm2(await problem.point.gradient());
  const at = (rounding: number) =>
    batchSharpness(problem, theta, { size: 1, batches: 3, rounding: rounding * length }, createRandom(1), {});
  expect((await at(0.009))?.plain.value).toBeCloseTo(4, 12);
  expect(await at(0.011)).toBeUndefined();
});
