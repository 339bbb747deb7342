import { afterAll, describe, expect, test } from "vitest";
import { add, mul } from "../src/ops/arithmetic.ts";
import { matmul } from "../src/ops/matmul.ts";
import { tanh } from "../src/ops/unary.ts";
import { hessianProduct } from "../src/problem/derivatives/hessian.ts";
import { meanSquaredError } from "../src/problem/losses/mean-squared-error.ts";
import { nodeRuntime } from "../src/runtime/node-runtime.ts";
import type { Runtime } from "../src/runtime/runtime.ts";
import { array, buildProblem } from "./support/build-problem.ts";
import { runtime } from "./support/run-values.ts";

/* Weights that are held constant while adapters count: large ones are in no program, and all programs are fed one array. */

// Workers load built code; `npm test` builds first.
const lanes = nodeRuntime({ threads: 2, lanes: 2, workers: new URL("../dist/runtime/", import.meta.url) });
afterAll(() => lanes.close());

const [EXAMPLES, WIDTH, RANK] = [6, 512, 2];
const HELD = WIDTH * WIDTH;

const wave = (size: number, step: number) => Array.from({ length: size }, (_, i) => Math.sin(step * (i + 1)) / 8);

type Model = Parameters<Runtime["compile"]>[0];

/** The engine, and what it was given to compile. */
function watched(engine: Runtime): { engine: Runtime; models: Model[] } {
  const models: Model[] = [];
  return { models, engine: { ...engine, compile: (model) => (models.push(model), engine.compile(model)) } };
}

/** Gradient, products and losses with respect to two adapters. */
async function measured(engine: Runtime, precision: "float32" | "float64") {
  const problem = buildProblem(
    {
      x: array([EXAMPLES, WIDTH], wave(EXAMPLES * WIDTH, 0.7)),
      y: array([EXAMPLES, WIDTH], wave(EXAMPLES * WIDTH, 1.3)),
      parameters: {
        base: array([WIDTH, WIDTH], wave(HELD, 0.31)),
        down: array([WIDTH, RANK], wave(WIDTH * RANK, 0.9)),
        up: array([RANK, WIDTH], wave(RANK * WIDTH, 1.1)),
      },
      loss: meanSquaredError,
      build: (x, { base, down, up }) => {
        const h = tanh(add(matmul(x, base), mul(matmul(matmul(x, down), up), 0.5)));
        return matmul(h, base, { transposeB: true });
      },
    },
    // The last batch is smaller: programs of its own.
    { precision, batchSize: 4, parameters: ["down", "up"] },
    { engine },
  );
  const vectors = [1, 2].map((seed) => Float64Array.from(wave(2 * WIDTH * RANK, seed)));
  try {
    return {
      value: await problem.point.value(),
      gradient: await problem.point.gradient(),
      single: await problem.point.product(hessianProduct, vectors.slice(0, 1)),
      block: await problem.point.product(hessianProduct, vectors),
      squares: await problem.point.exampleGradientSquares(),
      // A program that is asked for when others are gone.
      again: await problem.at(problem.point.parameters.map((x) => 2 * x)).gradient(),
    };
  } finally {
    await problem.close();
  }
}

describe.each(["float32", "float64"] as const)("a base that is held constant, in %s", async (precision) => {
  const shared = watched({ ...runtime, sharesConstantsFrom: HELD });
  const copied = watched(runtime);
  const found = await measured(shared.engine, precision);
  const before = await measured(copied.engine, precision);
  const bytes = HELD * (precision === "float32" ? 4 : 8);
  const largest = (models: readonly Model[]) => Math.max(...models.map((model) => model.bytes.length));

  test("is in no program where programs share it, and in each where it is too small for that", () => {
    expect(runtime.sharesConstantsFrom).toBeGreaterThan(HELD);
    expect(shared.models.length).toBeGreaterThan(4);
    expect(shared.models.length).toBe(copied.models.length);
    expect(largest(shared.models)).toBeLessThan(bytes / 8);
    for (const model of copied.models) expect(model.bytes.length).toBeGreaterThan(bytes);
  });

  test("is one array for all programs", () => {
    const arrays = shared.models.flatMap(({ constants = new Map() }) =>
      [...constants.values()].map(({ data }) => data),
    );
    expect(arrays.length).toBeGreaterThanOrEqual(shared.models.length);
    expect(new Set(arrays).size).toBe(1);
    expect(arrays[0].byteLength).toBe(bytes);
  });

  test("changes no number", () => {
    const tolerance = precision === "float32" ? 1e-5 : 1e-12;
    const flat = ({ value, gradient, single, block, squares, again }: typeof found) =>
      [[value.loss], gradient, ...single, ...block, squares, again] as const;
    flat(found).forEach((numbers, i) => {
      const others = flat(before)[i];
      const size = Math.max(...Array.from(others, Math.abs));
      expect(size).toBeGreaterThan(0);
      numbers.forEach((x, j) => expect(Math.abs(x - others[j])).toBeLessThanOrEqual(tolerance * size));
    });
  });

  test("changes none on engines side by side, each of which has it once", async () => {
    expect(await measured({ ...lanes, sharesConstantsFrom: HELD }, precision)).toEqual(found);
  });
});
