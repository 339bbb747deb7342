import { afterEach, describe, expect, it } from "vitest";
import { array, buildProblem, labels } from "../../test/support/build-problem.ts";
import { runtime } from "../../test/support/run-values.ts";
import { Graph } from "../graph/graph.ts";
import { mul } from "../ops/arithmetic.ts";
import { matmul } from "../ops/matmul.ts";
import { tanh } from "../ops/unary.ts";
import type { Executable } from "../runtime/runtime.ts";
import { empiricalFisherProduct } from "./derivatives/empirical-fisher.ts";
import { hessianProduct } from "./derivatives/hessian.ts";
import { crossEntropy } from "./losses/cross-entropy.ts";
import { Preparations } from "./preparations.ts";

const wave = (size: number, step: number) => Float64Array.from({ length: size }, (_, i) => Math.sin(step * (i + 1)));

const counts = { compiled: 0, kept: 0, released: 0 };
afterEach(() => void Object.assign(counts, { compiled: 0, kept: 0, released: 0 }));

/** Counts what is compiled for preparations, how often it is run, and what of it is freed. */
const engine = {
  ...runtime,
  async compile(model: Parameters<typeof runtime.compile>[0]): Promise<Executable> {
    const executable = await runtime.compile(model);
    if (!model.outputs.has("prepared:0")) return executable;
    counts.compiled++;
    return {
      ...executable,
      keep: (feeds, lane) => (counts.kept++, executable.keep(feeds, lane)),
      release: () => (counts.released++, executable.release()),
    };
  },
};

function open() {
  return buildProblem(
    {
      x: array([6, 4], [...wave(24, 0.7)]),
      y: labels([6], [0, 1, 1, 0, 1, 0]),
      parameters: { w: array([4, 2], [...wave(8, 1)]) },
      loss: crossEntropy,
      build: (x, { w }) => tanh(matmul(x, w)),
    },
    { batchSize: 3 },
    { engine },
  );
}

describe("what programs prepare", () => {
  it("is compiled and computed once for blocks of all sizes, which give the products of single vectors", async () => {
    await using problem = open();
    const vectors = Array.from({ length: 7 }, (_, i) => wave(8, i + 2));
    const together = await problem.point.product(hessianProduct, vectors);
    for (const [i, vector] of vectors.entries()) {
      const [alone] = await problem.point.product(hessianProduct, [vector]);
      alone.forEach((x, j) => expect(together[i][j]).toBeCloseTo(x, 12));
    }
    // Two batches, for blocks of four, two and one.
    expect(counts).toEqual({ compiled: 1, kept: 2, released: 0 });
  });

  it("is shared by matrices with the same factors, and no other", async () => {
    await using problem = open();
    await problem.point.product(empiricalFisherProduct, [wave(8, 2)]);
    await problem.point.exampleDerivatives(wave(8, 2));
    expect(counts.compiled).toBe(1);
    await problem.point.product(hessianProduct, [wave(8, 2)]);
    expect(counts.compiled).toBe(2);
  });

  it("is freed once, with the problem", async () => {
    const problem = open();
    await problem.point.product(hessianProduct, [wave(8, 2), wave(8, 3), wave(8, 4)]);
    await problem.close();
    expect(counts).toEqual({ compiled: 1, kept: 2, released: 1 });
  });

  it("is there until the last program has let go of it, and compiled anew behind that or where it failed", async () => {
    const preparations = new Preparations();
    const squared = () => {
      const x = new Graph().input("x", "float64", [2]);
      return new Map([["prepared:0", mul(x, x)]]);
    };
    const executable: Executable = {
      run: () => Promise.reject(new RangeError("it keeps")),
      keep: () => Promise.resolve(new Map()),
      release: async () => void counts.released++,
    };
    const compile = async () => (counts.compiled++, executable);
    await expect(preparations.take(squared(), () => Promise.reject(new RangeError("no memory")))).rejects.toThrow(
      "no memory",
    );
    const [first, second] = await Promise.all([
      preparations.take(squared(), compile),
      preparations.take(squared(), compile),
    ]);
    expect(second).toBe(first);
    await first.release();
    expect(counts).toEqual({ compiled: 1, kept: 0, released: 0 });
    await second.release();
    expect(counts.released).toBe(1);
    await preparations.take(squared(), compile);
    expect(counts.compiled).toBe(2);
  });
});
