import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { RESULT_KINDS } from "../src/documents/result-kinds.ts";
import { Order } from "../src/dynamics/mini-batches.ts";
import { inverseOf } from "../src/linalg/dense.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { commandLine, floats, readArrays } from "./support/command-line.ts";
import { leastSquares, wave } from "./support/least-squares.ts";

/*
 * Races on a linear model, whose loss is the quadratic ‖XW − Y‖²/80 that is written out here once more: walks are those
 * of the formulas, and what is counted is what they ask for.
 */

const { at, here, npz } = commandLine();
let model: readonly string[] = [];
beforeAll(() => {
  const data = npz("own.npz", {
    x: floats([EXAMPLES, INPUTS], inputAt),
    y: floats([EXAMPLES, OUTPUTS], outputAt),
  });
  model = leastSquares({ at, npz }, "double").map((word) => (word.endsWith("line.npz") ? data : word));
});

// Of full rank, as waves of one frequency are not.
const inputAt = (i: number) => wave(i * i + 7);
const outputAt = (i: number) => wave(2 * i * i + 1);
const [EXAMPLES, INPUTS, OUTPUTS] = [40, 5, 2];
const X = Array.from({ length: EXAMPLES }, (_, i) => [
  ...Array.from({ length: INPUTS }, (_value, k) => Math.fround(inputAt(i * INPUTS + k))),
  1,
]);
const Y = Array.from({ length: EXAMPLES }, (_, i) =>
  Array.from({ length: OUTPUTS }, (_value, k) => Math.fround(outputAt(i * OUTPUTS + k))),
);
/** Weights and biases, an output after the other. */
const START = Array.from({ length: INPUTS + 1 }, (_, i) =>
  Array.from({ length: OUTPUTS }, (_value, k) => (i < INPUTS ? wave(i * OUTPUTS + k) : [0.1, -0.2][k])),
);

const errorsOf = (w: number[][], rows: readonly number[]) =>
  rows.map((i) => Y[i].map((y, k) => X[i].reduce((sum, x, j) => sum + x * w[j][k], -y)));
const all = Array.from({ length: EXAMPLES }, (_, i) => i);
const lossOf = (w: number[][], rows: readonly number[] = all) =>
  errorsOf(w, rows)
    .flat()
    .reduce((sum, e) => sum + e * e, 0) /
  (rows.length * OUTPUTS);
const gradientOf = (w: number[][], rows: readonly number[]) => {
  const errors = errorsOf(w, rows);
  return w.map((row, j) =>
    row.map((_, k) => (2 * rows.reduce((sum, i, n) => sum + X[i][j] * errors[n][k], 0)) / (rows.length * OUTPUTS)),
  );
};

/** Momentum on the quadratic, each step on its examples: the weights. */
function weightsAfter(lr: number, beta: number, steps: number, examplesOf: (step: number) => readonly number[]) {
  let w = START;
  let velocity = START.map((row) => row.map(() => 0));
  for (let step = 0; step < steps; step++) {
    const slope = gradientOf(w, examplesOf(step));
    velocity = velocity.map((row, j) => row.map((v, k) => beta * v + slope[j][k]));
    w = w.map((row, j) => row.map((x, k) => x - lr * velocity[j][k]));
  }
  return w;
}

const descended = (...walk: Parameters<typeof weightsAfter>) => lossOf(weightsAfter(...walk));

/** The loss of the least squares themselves. */
function least() {
  const n = INPUTS + 1;
  const gram = Float64Array.from({ length: n * n }, (_, i) =>
    X.reduce((sum, x) => sum + x[Math.floor(i / n)] * x[i % n], 0),
  );
  const inverse = inverseOf(gram, n);
  if (inverse === undefined) throw new Error("singular");
  const moments = START.map((row, j) => row.map((_, k) => X.reduce((sum, x, i) => sum + x[j] * Y[i][k], 0)));
  return lossOf(
    START.map((row, a) => row.map((_, k) => moments.reduce((sum, m, b) => sum + inverse[a * n + b] * m[k], 0))),
  );
}

async function raced(folder: string, args: readonly string[]) {
  const run = await here(["race", ...model, ...args, "-o", folder]);
  expect(run.code, run.err).toBe(0);
  return RESULT_KINDS.race.parse(JSON.parse(readFileSync(at(folder, "result.json"), "utf8"))).result;
}

const PLAN = z.object({
  instruments: z.array(z.object({ title: z.string(), work: z.record(z.string(), z.number()) })),
});

const runOf = ({ optimizers }: Awaited<ReturnType<typeof raced>>, name: string) => {
  const found = optimizers.find(({ optimizer }) => optimizer === name);
  if (found === undefined) throw new Error(`${name} did not walk`);
  return found;
};

describe("a race on a network", { timeout: 60_000 }, () => {
  it("walks as the formulas do on its quadratic, and counts what is asked for", async () => {
    const result = await raced("full", ["--optimizers", "gd:0.2,momentum:0.1,newton-cg,lbfgs", "--steps", "30"]);
    expect(result.function).toMatchObject({ toy: null, dimension: 12 });
    expect(result.goal).toBeNull();
    for (const [name, lr, beta] of [
      ["gd:0.2", 0.2, 0],
      ["momentum:0.1", 0.1, 0.9],
    ] as const) {
      const [first] = runOf(result, name).runs;
      expect(Math.abs(first.value / descended(lr, beta, 30, () => all) - 1)).toBeLessThan(1e-12);
      expect(first).toMatchObject({ steps: 30, gradients: 30, products: 0, values: 0 });
    }
    for (const name of ["newton-cg", "lbfgs"]) {
      const { runs } = runOf(result, name);
      expect(runs).toHaveLength(3);
      for (const { value, end } of runs) {
        expect(Math.abs(value / least() - 1)).toBeLessThan(1e-12);
        expect(end).toBe("minimum");
      }
      const { work, values, steps } = runOf(result, name).paths[0];
      const { gradients, products, values: looks } = runs[0];
      expect(work.at(-1)).toBeCloseTo(gradients + 2 * products + looks / 3, 10);
      expect(values[0]).toBeCloseTo(lossOf(START), 12);
      expect(steps[0]).toBe(0);
    }
  });

  it("takes the examples of a batch where one is asked for, and shows the loss of all", async () => {
    const result = await raced("batch", [
      "--optimizers",
      "gd:0.2",
      "--steps",
      "7",
      "--starts",
      "1",
      "--batch",
      "16",
      "--seed",
      "5",
    ]);
    expect(result).toMatchObject({ batch: 16, examples: 40 });
    const order = new Order(EXAMPLES, 16, createRandom(5).split("order 0"));
    const expected = descended(0.2, 0, 7, (step) => [...order.at(step)]);
    expect(Math.abs(runOf(result, "gd:0.2").runs[0].value / expected - 1)).toBeLessThan(1e-12);
  });

  it("begins elsewhere with the same numbers in every tensor, alike for all, and ends at the target", async () => {
    const target = 1.1 * least();
    const result = await raced("target", [
      "--optimizers",
      "gd:0.2,momentum:0.1",
      "--steps",
      "500",
      "--target",
      String(target),
      "--starts",
      "2",
    ]);
    const [gd, momentum] = result.optimizers;
    expect(gd.paths.map(({ values }) => values[0])).toEqual(momentum.paths.map(({ values }) => values[0]));
    expect(gd.paths[0].values[0]).not.toBe(gd.paths[1].values[0]);
    for (const { reached, runs } of result.optimizers) {
      expect(reached).toBe(2);
      for (const { end, value } of runs) expect([end, value <= target]).toEqual(["reached", true]);
    }
    const steps = gd.runs[0].steps;
    expect(descended(0.2, 0, steps, () => all)).toBeLessThanOrEqual(target);
    expect(descended(0.2, 0, steps - 1, () => all)).toBeGreaterThan(target);
  });

  it("is over after one natural gradient step on a linear Gaussian model (D10)", async () => {
    const result = await raced("natural", ["--optimizers", "natural-gradient,gauss-newton,kfac:0", "--steps", "1"]);
    for (const { runs } of result.optimizers)
      for (const { value, gradientNorm, end } of runs) {
        expect(Math.abs(value / least() - 1)).toBeLessThan(1e-10);
        expect(gradientNorm).toBeLessThan(1e-10);
        expect(end).toBe("minimum");
      }
  });

  const TRAIN = ["train", "--batch", "full", "--steps", "8", "--every", "4"];
  const DIGITS = ["mlp:64-6-10:tanh", "--data", "digits", "--limit", "60"];
  // Square matrices of full rank: where GGᵀ is singular, the basis of what it sends to 0 is rounding's choice.
  const SQUARE = ["mlp:5-5-5:tanh", "--data", "square.npz", "--loss", "mse"];
  it.each([
    ["muon", "0.02", {}, DIGITS],
    ["shampoo", "0.1", {}, DIGITS],
    ["sam", "0.1", { rho: 0.1, momentum: 0.5 }, DIGITS],
    ["soap", "0.02", { eps: 0.01, frequency: 3 }, SQUARE],
  ] as const)("takes the steps that training in a graph takes: %s", async (optimizer, lr, numbers, network) => {
    npz("square.npz", { x: floats([40, 5], inputAt), y: floats([40, 5], outputAt) });
    const own = Object.entries(numbers);
    const named = [optimizer, `lr=${lr}`, ...own.map(([name, value]) => `${name}=${value}`)].join(":");
    const small = [...network, "--precision", "float64"];
    const walked = await here([
      "race",
      ...small,
      "--optimizers",
      named,
      "--steps",
      "8",
      "--starts",
      "1",
      "-o",
      optimizer,
    ]);
    expect(walked.code, walked.err).toBe(0);
    const trained = await here([
      ...TRAIN,
      ...small,
      "--optimizer",
      optimizer,
      "--lr",
      lr,
      ...own.flatMap(([name, value]) => [`--${name}`, String(value)]),
      "-o",
      `${optimizer}-trained`,
    ]);
    expect(trained.code, trained.err).toBe(0);
    const { result } = RESULT_KINDS.race.parse(JSON.parse(readFileSync(at(optimizer, "result.json"), "utf8")));
    const [{ steps, values }] = runOf(result, named).paths;
    const losses = readArrays(at(`${optimizer}-trained`, "arrays.npz")).get("loss")?.data ?? [];
    expect(steps).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(losses).toHaveLength(8);
    expect(losses[7]).toBeLessThan(0.95 * losses[0]);
    for (let step = 0; step < 8; step++) expect(Math.abs(values[step] / losses[step] - 1)).toBeLessThan(1e-9);
  });

  it("measures the loss of held-out examples where walks end, beside that of all", async () => {
    const some = all.slice(0, 9);
    const test = npz("some.npz", {
      x: floats([some.length, INPUTS], inputAt),
      y: floats([some.length, OUTPUTS], outputAt),
    });
    const walkers = ["--optimizers", "gd:0.2,gd:100", "--steps", "30", "--starts", "2"];
    const result = await raced("held-out", [...walkers, "--test", test]);
    const { runs, heldOut, loss } = runOf(result, "gd:0.2");
    const w = weightsAfter(0.2, 0, 30, () => all);
    expect(Math.abs((runs[0].heldOut ?? Number.NaN) / lossOf(w, some) - 1)).toBeLessThan(1e-12);
    expect(Math.abs(runs[0].value / lossOf(w) - 1)).toBeLessThan(1e-12);
    const both = runs.map((run) => run.heldOut ?? Number.NaN);
    expect(heldOut).toEqual({
      median: (both[0] + both[1]) / 2,
      least: Math.min(...both),
      most: Math.max(...both),
    });
    expect(heldOut).not.toEqual(loss);
    expect(runOf(result, "gd:100").heldOut).toBeNull();
    const without = await raced("without", walkers);
    expect(runOf(without, "gd:0.2").heldOut).toBeNull();
  });

  it("says beforehand what it takes: gradients and the losses that are shown; of a toy, that it is done at once", async () => {
    const planOf = async (args: readonly string[]) => {
      const run = await here(["race", ...model, ...args, "--dry-run", "--json"]);
      expect(run.code, run.err).toBe(0);
      const { instruments } = PLAN.parse(JSON.parse(run.out));
      return instruments[0];
    };
    // Ten steps: all eleven places are looked at, and the end once more.
    const whole = await planOf(["--optimizers", "gd,adam", "--starts", "2", "--steps", "10"]);
    expect(whole.work).toEqual({ gradients: 2 * 2 * (10 + 1), losses: 2 * 2 * (11 + 1) });
    expect(whole.title).not.toContain("not counted");
    const half = await planOf(["--optimizers", "sam,newton-cg", "--starts", "4", "--steps", "10", "--batch", "20"]);
    expect(half.work).toEqual({ gradients: (4 * 10 * (2 + 1)) / 2 + 2 * 4, losses: 2 * (3 * 11 + 4) });
    expect(half.title).toMatch(/what newton-cg may ask for .* is not counted/);
    const toy = await here(["race", "saddle", "--dry-run"]);
    expect([toy.code, toy.err]).toEqual([2, expect.stringMatching(/race has no plan: it is done at once/)]);
  });

  it("says that a walk diverged", async () => {
    const result = await raced("far", ["--optimizers", "gd:100", "--steps", "200", "--starts", "1"]);
    expect(runOf(result, "gd:100")).toMatchObject({ loss: null, ends: [{ end: "diverged", count: 1 }] });
  });

  const REFUSED = [
    ["a matrix that a toy has not", ["saddle", "--optimizers", "gauss-newton"], /Gauss–Newton cannot walk on saddle/],
    [
      "a network that there is not",
      ["mpl:64-10", "--data", "digits"],
      /no toy "mpl", no built-in network.*Did you mean mlp/s,
    ],
    ["data for a toy", ["saddle", "--data", "digits"], /--data is about a network.*saddle is a toy/s],
    ["a batch of a toy", ["saddle", "--batch", "3"], /--batch is about a network/],
    ["held-out examples of a toy", ["saddle", "--test", "digits:test"], /--test is about a network/],
  ] as const;
  it.each(REFUSED)("refuses %s", async (_what, args, message) => {
    const { code, err } = await here(["race", ...args]);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });

  it("refuses a batch that is larger than the data", async () => {
    const { code, err } = await here(["race", ...model, "--batch", "41"]);
    expect([code, err]).toEqual([2, expect.stringMatching(/batch of 41 examples.*hold 40/s)]);
  });
});
