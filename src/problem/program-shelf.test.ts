import { afterEach, describe, expect, it } from "vitest";
import { mul } from "../ops/arithmetic.ts";
import { matmul } from "../ops/matmul.ts";
import { tanh } from "../ops/unary.ts";
import { array, buildProblem } from "../../test/support/build-problem.ts";
import { runtime } from "../../test/support/run-values.ts";
import { hessianProduct } from "./derivatives/hessian.ts";
import { meanSquaredError } from "./losses/mean-squared-error.ts";
import type { Problem, Surroundings } from "./problem.ts";
import type { ProblemOptions } from "./problem-options.ts";
import { ProgramShelf } from "./program-shelf.ts";

const wave = (size: number, step: number) => Array.from({ length: size }, (_, i) => Math.sin(step * (i + 1)));

let compiled = 0;
let freed = 0;
const engine = {
  ...runtime,
  async compile(model: Parameters<typeof runtime.compile>[0]) {
    compiled++;
    const executable = await runtime.compile(model);
    return { ...executable, release: () => (freed++, executable.release()) };
  },
};

interface Variant extends Surroundings {
  readonly weights?: number;
  /** A constant of the file. */
  readonly scale?: number;
  readonly options?: Partial<ProblemOptions>;
}

function open({ weights = 1, scale = 1.5, options, ...surroundings }: Variant): Problem {
  return buildProblem(
    {
      x: array([6, 4], wave(24, 0.7)),
      y: array([6, 2], wave(12, 1.3)),
      parameters: { w: array([4, 2], wave(8, weights)) },
      loss: meanSquaredError,
      build: (x, { w }) => mul(tanh(matmul(x, w)), scale),
    },
    { precision: "float32", batchSize: 3, ...options },
    { engine, ...surroundings },
  );
}

/** Numbers of a problem and of its float64 twin, which is then closed. */
async function numbersOf(problem: Problem): Promise<unknown[]> {
  const vectors = [wave(8, 2), wave(8, 3)].map((each) => Float64Array.from(each));
  const wide = problem.inFloat64 ?? problem;
  const numbers = [
    await problem.point.value(),
    await problem.point.gradient(),
    await problem.point.product(hessianProduct, vectors),
    await wide.point.gradient(),
  ];
  await problem.close();
  return numbers;
}

let shelf = new ProgramShelf();
afterEach(async () => {
  await shelf.close();
  shelf = new ProgramShelf();
  compiled = freed = 0;
});

describe("problems that are opened one after the other", () => {
  it("compile once where they differ by their weights alone, and give the numbers that they give alone", async () => {
    const alone = [await numbersOf(open({ weights: 1 })), await numbersOf(open({ weights: 2 }))];
    expect(alone[0]).not.toEqual(alone[1]);
    const each = compiled / 2;
    expect(freed).toBe(compiled);
    compiled = freed = 0;
    for (const weights of [1, 2, 1]) expect(await numbersOf(open({ weights, shelf }))).toEqual(alone[weights - 1]);
    expect(compiled).toBe(each);
    expect(freed).toBe(0);
    await shelf.close();
    expect(freed).toBe(each);
  });

  it.each<[string, Variant]>([
    ["another constant", { scale: 2 }],
    ["another loss divisor", { options: { reduction: "sum" } }],
    ["another size of batches", { options: { batchSize: 2 } }],
    ["no room for what is kept", { options: { cacheBytes: 0 } }],
  ])("share nothing that would be compiled otherwise: %s", async (_what, other) => {
    const alone = await numbersOf(open(other));
    await numbersOf(open({ shelf }));
    expect(await numbersOf(open({ ...other, shelf }))).toEqual(alone);
    // The first network is not kept: nothing would ever free it.
    expect(freed).toBeGreaterThan(0);
    await shelf.close();
    expect(freed).toBe(compiled);
  });

  it("may be open at the same time", async () => {
    const alone = [await numbersOf(open({ scale: 2 })), await numbersOf(open({}))];
    const [first, second] = [open({ scale: 2, shelf }), open({ shelf })];
    expect(await numbersOf(first)).toEqual(alone[0]);
    expect(await numbersOf(second)).toEqual(alone[1]);
  });

  it("cut a computation where each would alone: as there is room for what is kept when it is asked for first", async () => {
    const options = { cacheBytes: 300 };
    const vector = [Float64Array.from(wave(8, 2))];
    const asked = async (problem: Problem, isFirst: boolean) => {
      // Vectors by two keep what leaves less room for those that come one by one.
      const product = (block: Float64Array[]) => problem.point.product(hessianProduct, block);
      const found = [...(isFirst ? [] : await product([...vector, ...vector])), ...(await product(vector))];
      await problem.close();
      return found;
    };
    const alone = await asked(open({ options }), true);
    expect(compiled).toBe(2);
    await asked(open({ options, shelf }), false);
    compiled = 0;
    expect(await asked(open({ options, shelf }), true)).toEqual(alone);
    // What it prepares is there, from the vectors by two.
    expect(compiled).toBe(1);
  });

  it("keep what is asked for, and let go of the rest", async () => {
    const first = open({ shelf });
    await first.point.value();
    await first.close();
    const before = compiled;
    for (let i = 0; i < 4; i++) {
      const next = open({ shelf });
      await next.point.gradient();
      await next.close();
    }
    expect(freed).toBe(before);
    expect(compiled).toBe(before + 1);
  });
});
