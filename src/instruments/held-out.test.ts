import { expect, it } from "vitest";
import { array, buildProblem, labels } from "../../test/support/build-problem.ts";
import { matmul } from "../ops/matmul.ts";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { createRandom } from "../random/random-stream.ts";
import { runProfile } from "./profile.ts";

const random = createRandom(8);
const normal = (label: string, ...shape: number[]) =>
  array(shape, random.split(label).normalVector(shape.reduce((size, extent) => size * extent, 1)));

const POSITIONS = 4;
/** Sequences of different lengths, one of them without any label. */
const LENGTHS = [4, 1, 2, 0, 4, 3, 1];
const targets = LENGTHS.flatMap((length, i) =>
  Array.from({ length: POSITIONS }, (_, t) => (t < length ? (i + t) % 3 : -100)),
);

function sequences(name: string, heldOut?: ReturnType<typeof buildProblem>) {
  return buildProblem(
    {
      x: normal(name, LENGTHS.length, POSITIONS, 5),
      y: labels([LENGTHS.length, POSITIONS], targets),
      parameters: { w: normal("w", 5, 3) },
      build: (x, { w }) => matmul(x, w),
      loss: crossEntropy,
    },
    { heldOut: heldOut?.dataset },
  );
}

it.each([1, 4])("the error of a held-out loss counts the terms of each sequence", async (seed) => {
  const test = sequences(`unseen ${seed}`);
  const problem = sequences("seen", test);
  const { result } = await runProfile(problem, { only: "held-out" }, createRandom(0), {});
  const losses = await test.point.exampleLosses();
  const terms = LENGTHS.reduce((sum, length) => sum + length, 0);
  const loss = losses.reduce((sum, each) => sum + each, 0) / terms;
  const examples = LENGTHS.filter((length) => length > 0).length;
  const squares = LENGTHS.reduce((sum, length, i) => sum + (losses[i] - loss * length) ** 2, 0);
  expect(result.heldOut?.loss).toBeCloseTo(loss, 12);
  expect(result.heldOut?.lossError).toBeCloseTo(Math.sqrt((squares * examples) / (examples - 1)) / terms, 12);
  // Student's t with five degrees of freedom (scipy.stats.t.ppf(0.975, 5)); in float64, rounding is nothing beside it.
  expect((result.heldOut?.gapError ?? 0) / (result.heldOut?.lossError ?? 1)).toBeCloseTo(2.5705818356363146, 8);
  await problem.close();
  await test.close();
});
