import { afterAll, describe, expect, it } from "vitest";
import { array, buildProblem, labels } from "../../test/support/build-problem.ts";
import { deskOf } from "../../test/support/desk-of.ts";
import { matmul } from "../ops/matmul.ts";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { createRandom } from "../random/random-stream.ts";
import { exampleNorms } from "./example-norms.ts";
import { exampleNormsCheck } from "./example-norms-check.ts";

const random = createRandom(8);
const normal = (label: string, ...shape: number[]) =>
  array(shape, random.split(label).normalVector(shape.reduce((size, extent) => size * extent, 1)));

const POSITIONS = 4;
/** Sequences of different lengths: the loss of each alone is divided by another number. */
const LENGTHS = [4, 1, 2, 4, 3, 1, 2, 3, 4, 2, 1, 3];

const problem = buildProblem({
  x: normal("x", LENGTHS.length, POSITIONS, 5),
  y: labels(
    [LENGTHS.length, POSITIONS],
    LENGTHS.flatMap((length, i) => Array.from({ length: POSITIONS }, (_, t) => (t < length ? (i + t) % 3 : -100))),
  ),
  parameters: { w: normal("w", 1, 5, 3) },
  build: (x, { w }) => matmul(x, w),
  loss: crossEntropy,
});
afterAll(() => problem.close());

/** Whether the check passes where the squares, the longest first, are so many times what they are. */
async function passes(factor: (rank: number) => number): Promise<boolean | null | undefined> {
  const desk = deskOf(problem, {}, { needs: [exampleNorms] });
  const { squares } = await desk.get(exampleNorms);
  const byLength = Array.from(squares, (_, k) => k).sort((a, b) => squares[b] - squares[a]);
  const spoilt = squares.map((x, k) => factor(byLength.indexOf(k)) * x);
  return (await exampleNormsCheck(desk, spoilt))?.passed;
}

describe("the examples' gradients against some alone", () => {
  it("passes where they are right, whatever the loss of one is divided by", async () => {
    expect(await passes(() => 1)).toBe(true);
  });

  it("leaves one of the longest out, which may lie on a kink", async () => {
    expect(await passes((rank) => (rank === 0 ? 1.01 : 1))).toBe(true);
    expect(await passes((rank) => (rank < 3 ? 1.01 : 1))).toBe(false);
  });

  it("leaves two of the others out, and finds what concerns most of them", async () => {
    expect(await passes((rank) => (rank === 3 || rank === 4 ? 1.01 : 1))).toBe(true);
    expect(await passes((rank) => (rank >= 3 ? 1.01 : 1))).toBe(false);
  });

  it("says nothing of gradients that are all zero", async () => {
    expect(await passes(() => 0)).toBeUndefined();
  });
});
