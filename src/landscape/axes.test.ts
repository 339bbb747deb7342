import { afterAll, describe, expect, it } from "vitest";
import { array, buildProblem } from "../../test/support/build-problem.ts";
import { matmul } from "../ops/matmul.ts";
import { productOperator } from "../operators/problem-operators.ts";
import { hessianProduct } from "../problem/derivatives/hessian.ts";
import { meanSquaredError } from "../problem/losses/mean-squared-error.ts";
import { createRandom } from "../random/random-stream.ts";
import { openAxes } from "./axes.ts";
import { noNormalization } from "./normalizations/none.ts";
import { type Directions, NO_MARKS, type Site } from "./spans/span.ts";

const problem = buildProblem({
  x: array([2, 3], [1, 2, 3, 4, 5, 6]),
  y: array([2, 1], [1, 2]),
  parameters: { w: array([3, 1], [5, 6, 7]) },
  build: (x, { w }) => matmul(x, w),
  loss: meanSquaredError,
});
afterAll(() => problem.close());

const site: Site = {
  problem,
  weightsOf: () => expect.unreachable(),
  random: createRandom(1),
  hessian: () => productOperator(problem.point, hessianProduct, {}),
  context: {},
};

const vector = (...x: number[]) => Float64Array.from(x);

function open(found: Pick<Directions, "vectors"> & Partial<Directions>, isOrthogonal = false) {
  const span = {
    name: "given",
    usage: "given",
    summary: "what is given",
    parse: () => [],
    files: () => [],
    usual: noNormalization,
    open: () => Promise.resolve({ ...NO_MARKS, titles: ["one", "other"], ...found }),
  } as const;
  return openAxes(site, {
    span,
    words: [],
    count: found.vectors.length,
    normalization: noNormalization,
    isWithOffsets: false,
    isOrthogonal,
  });
}

describe("axes that are not orthogonal", () => {
  const slanted = [vector(2, 0, 0), vector(1, 3, 0)];

  it("have weights at the coordinates of the nearest point of the plane", async () => {
    // 2 · (2, 0, 0) − 1 · (1, 3, 0) from (5, 6, 7), and 4 out of the plane.
    const marks = [{ name: "there", theta: vector(8, 3, 11) }];
    const { marks: found, gram, cosine } = await open({ vectors: slanted, marks });
    expect(found[0].at[0]).toBeCloseTo(2, 12);
    expect(found[0].at[1]).toBeCloseTo(-1, 12);
    expect(found[0].outside).toBeCloseTo(4, 12);
    expect(gram).toEqual([
      [4, 2],
      [2, 10],
    ]);
    expect(cosine).toBeCloseTo(2 / Math.sqrt(40), 14);
  });

  it("are made so where it is asked: the second loses its part along the first, which stays", async () => {
    const { vectors, cosine, marks } = await open(
      { vectors: slanted, marks: [{ name: "there", theta: vector(8, 3, 11), at: [2, -1] }] },
      true,
    );
    expect(vectors.map((each) => [...each])).toEqual([
      [2, 0, 0],
      [0, 3, 0],
    ]);
    expect(cosine).toBe(0);
    // What was at (2, −1) of the slanted axes lies elsewhere on these.
    expect(marks[0].at[0]).toBeCloseTo(1.5, 12);
    expect(marks[0].at[1]).toBeCloseTo(-1, 12);
  });

  it("are refused where they span a line", async () => {
    await expect(open({ vectors: [vector(1, 2, 3), vector(-2, -4, -6)] })).rejects.toMatchObject({
      code: "parallel-axes",
    });
    await expect(open({ vectors: [vector(1, 2, 3), vector(0, 0, 0)] })).rejects.toMatchObject({
      code: "zero-direction",
    });
  });
});
