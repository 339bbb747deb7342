import { expect, it } from "vitest";
import { array, buildProblem } from "../../../test/support/build-problem.ts";
import { dot } from "../../linalg/vector.ts";
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
