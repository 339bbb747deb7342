import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { takeExamples } from "../src/data/take-examples.ts";
import { hessianProduct } from "../src/problem/derivatives/hessian.ts";
import type { Point } from "../src/problem/point.ts";
import type { Problem } from "../src/problem/problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { nodeRuntime } from "../src/runtime/node-runtime.ts";
import { DEFAULTS, openReference } from "./support/reference-case.ts";
import { runtime } from "./support/run-values.ts";

const POINTS = 20;
const EVALUATIONS = 1000;

describe.each([1, 2])("points side by side, %d lanes", (lanes) => {
  const engine = lanes === 1 ? runtime : nodeRuntime({ threads: lanes, lanes });
  let problem: Problem;
  beforeAll(() => {
    problem = openReference("softplus-wine-f64", { ...DEFAULTS, precision: "float64", batchSize: 32 }, 100, engine);
  });
  afterAll(async () => {
    await problem.close();
    if (lanes > 1) await engine.close();
  });

  test("outputs that are no numbers have no accuracy", async () => {
    await using nowhere = problem.at(problem.point.parameters.map(() => Number.NaN));
    expect(await nowhere.anyValue()).toEqual({ loss: Number.NaN, accuracy: undefined });
    expect((await problem.point.anyValue()).accuracy).toBeGreaterThan(0.5);
  });

  test("each gives what it gives alone, bit for bit", async () => {
    const random = createRandom(4);
    const home = problem.point.parameters;
    const places = Array.from({ length: POINTS }, (_, k) => {
      const step = random.split(`${k}`).normalVector(home.length);
      return home.map((x, i) => x + 0.1 * step[i]);
    });
    const v = random.split("v").normalVector(home.length);
    const questions: readonly ((point: Point) => Promise<unknown>)[] = [
      (point) => point.value(),
      (point) => point.gradient(),
      (point) => point.product(hessianProduct, [v]),
      (point) => point.exampleLosses(),
      (point) => point.exampleGradientSquares(),
    ];
    const expected: unknown[][] = [];
    for (const place of places) {
      await using alone = problem.at(place);
      const answers: unknown[] = [];
      for (const ask of questions) answers.push(await ask(alone));
      expected.push(answers);
    }
    const together = places.map((place) => problem.at(place));
    const order = random.split("order").normalVector(EVALUATIONS);
    const jobs = Array.from(order.keys()).toSorted((a, b) => order[a] - order[b]);
    const found = await Promise.all(
      jobs.map(async (job) => {
        for (let ticks = 0; ticks < job % 7; ticks++) await Promise.resolve();
        return { job, answer: await questions[job % questions.length](together[job % POINTS]) };
      }),
    );
    for (const { job, answer } of found) expect(answer).toEqual(expected[job % POINTS][job % questions.length]);
    await Promise.all(together.map((point) => point.release()));
    expect(await problem.point.gradient()).toEqual(await problem.at(home).gradient());
  });

  test("a place that is given up serves others, and is asked no more", async () => {
    const first = problem.at(problem.point.parameters.map((x) => 2 * x));
    const late = first.product(hessianProduct, [problem.point.parameters]);
    const released = first.release();
    const other = problem.at(problem.point.parameters.map((x) => 3 * x));
    const [expected] = await problem
      .at(problem.point.parameters.map((x) => 2 * x))
      .product(hessianProduct, [problem.point.parameters]);
    expect((await late)[0]).toEqual(expected);
    await released;
    expect(await other.value()).toEqual(await problem.at(problem.point.parameters.map((x) => 3 * x)).value());
    await expect(first.value()).rejects.toThrow(/released/);
  });

  test("nothing of a point can be changed from outside", async () => {
    const theta = problem.point.parameters;
    const point = problem.at(theta);
    const before = await point.value();
    theta.fill(0);
    point.parameters.fill(0);
    expect(await point.value()).toEqual(before);
  });
});

describe("a point on chosen examples", () => {
  const problem = openReference(
    "softplus-wine-f64",
    { ...DEFAULTS, precision: "float64", batchSize: 16, l2: 0.01 },
    100,
  );
  afterAll(() => problem.close());
  const theta = problem.point.parameters;
  const chosen = Int32Array.of(3, 4, 5, 90, 7, 7, 0, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 2);

  test("has the mean of their losses, and of their gradients", async () => {
    await using point = problem.at(theta, { examples: chosen });
    const losses = await problem.point.exampleLosses();
    const l2 = 0.005 * theta.reduce((sum, x) => sum + x * x, 0);
    const mean = chosen.reduce((sum, i) => sum + losses[i], 0) / chosen.length;
    expect((await point.value()).loss).toBeCloseTo(mean + l2, 13);
    expect(await point.exampleLosses()).toEqual(Float64Array.from(chosen, (i) => losses[i]));
    const weights = new Float64Array(problem.examples);
    for (const i of chosen) weights[i] += 1 / chosen.length;
    const expected = (await problem.point.weightedGradient(weights)).map((x, i) => x + 0.01 * theta[i]);
    const gradient = await point.gradient();
    gradient.forEach((x, i) => expect(x).toBeCloseTo(expected[i], 12));
  });

  test("takes examples again whose neighbours are others then", async () => {
    const again = problem.at(theta, { examples: Int32Array.of(4, 5, 6, 9, 4, 5) });
    const losses = await problem.at(theta).exampleLosses();
    expect(await again.exampleLosses()).toEqual(Float64Array.of(...[4, 5, 6, 9, 4, 5].map((i) => losses[i])));
  });

  test("mini-batches that share out the examples average to the whole", async () => {
    const parts = [0, 1, 2, 3].map((part) => Int32Array.from({ length: 25 }, (_, i) => 4 * i + part));
    const gradients = await Promise.all(parts.map((examples) => problem.at(theta, { examples }).gradient()));
    const whole = await problem.point.gradient();
    whole.forEach((x, i) => expect(gradients.reduce((sum, each) => sum + each[i], 0) / 4).toBeCloseTo(x, 12));
  });

  test("may be on other data with the same inputs", async () => {
    const held = takeExamples(problem.dataset, Int32Array.of(1, 2, 3));
    expect(await problem.at(theta, { examples: held }).value()).toEqual(
      await problem.at(theta, { examples: Int32Array.of(1, 2, 3) }).value(),
    );
  });

  test("refuses examples that there are not", () => {
    expect(() => problem.at(theta, { examples: Int32Array.of(0, 100) })).toThrow(/no example 100/);
    expect(() => problem.at(theta, { examples: new Int32Array(0) })).toThrow(/No example of/);
    expect(() => problem.at(theta.subarray(1))).toThrow(/A vector of \d+ numbers is needed, and one of/);
  });
});

describe("a point of a float32 problem on chosen examples", () => {
  test("has its counterpart in float64 on the same examples, and takes no vector of another space", async () => {
    const problem = openReference("mlp-tanh-digits", { ...DEFAULTS, precision: "float32", batchSize: 32 }, 100);
    await using point = problem.at(problem.point.parameters, { examples: Int32Array.of(3, 5, 8) });
    const wide = point.inFloat64();
    expect(wide?.examples).toBe(3);
    expect((await wide?.value())?.loss).toBeCloseTo((await point.value()).loss, 5);
    const short = new Float64Array(problem.space.dimension - 1);
    await expect(point.product(hessianProduct, [short])).rejects.toMatchObject({ code: "dimension-mismatch" });
    await expect(point.jacobianVector(short)).rejects.toMatchObject({ code: "dimension-mismatch" });
    await problem.close();
  });

  test("goes with its counterpart in float64: many points after one another take no more than one", async () => {
    const problem = openReference("mlp-tanh-digits", { ...DEFAULTS, precision: "float32", batchSize: 32 }, 100);
    const made = vi.spyOn(runtime, "slot");
    const losses = new Set<number | undefined>();
    const twins: Point[] = [];
    const atOne = async (examples: Int32Array | undefined) => {
      await using point = problem.at(problem.point.parameters, { examples });
      const wide = point.inFloat64();
      expect(point.inFloat64()).toBe(wide);
      losses.add((await wide?.value())?.loss);
      if (wide) twins.push(wide);
    };
    await atOne(undefined);
    const forOne = made.mock.calls.length;
    expect(forOne).toBeGreaterThan(0);
    for (let i = 0; i < 20; i++) await atOne(i % 2 === 0 ? Int32Array.of(i) : undefined);
    expect(made.mock.calls.length).toBe(forOne);
    expect(losses.size).toBe(11);
    for (const twin of twins) await expect(twin.value()).rejects.toMatchObject({ code: "point-released" });
    made.mockRestore();
    const kept = problem.at(problem.point.parameters);
    const early = kept.inFloat64();
    await problem.close();
    await expect(early?.value()).rejects.toMatchObject({ code: "point-released" });
    await kept.release();
  });

  test("has none once it is released", async () => {
    const problem = openReference("mlp-tanh-digits", { ...DEFAULTS, precision: "float32", batchSize: 32 }, 100);
    const point = problem.at(problem.point.parameters);
    await point.release();
    expect(() => point.inFloat64()).toThrow(/released/);
    await problem.close();
  });
});
