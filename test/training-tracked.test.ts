import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { RESULT_KINDS } from "../src/documents/result-kinds.ts";
import { bytesSource } from "../src/files/byte-source.ts";
import { encodeNpz } from "../src/files/npz.ts";
import { readSafetensors } from "../src/files/safetensors.ts";
import { commandLine } from "./support/command-line.ts";

/*
 * What is tracked while a network trains, against closed forms of linear regression, where every curvature is known, and against the edge
 * of stability (Cohen 2021).
 */

const { at, here } = commandLine();

const X = [
  [1, 0.5],
  [-0.5, 2],
  [0.25, -1],
  [2, 1],
];
const Y = [1, -1, 0.5, 2];

beforeAll(() => {
  const floats = (shape: readonly number[], values: readonly number[]) =>
    ({ dtype: "float64", shape, data: Float64Array.from(values) }) as const;
  const write = (name: string, x: readonly (readonly number[])[], y: readonly number[]) =>
    writeFileSync(
      at(name),
      encodeNpz([
        ["x", floats([x.length, x[0].length], x.flat())],
        ["y", floats([y.length, 1], y)],
      ]),
    );
  write("linear.npz", X, Y);
  write(
    "scalar.npz",
    X.map(([x]) => [x]),
    Y,
  );
  const points = Array.from({ length: 20 }, (_, i) => -1 + (2 * i) / 19);
  write(
    "chebyshev.npz",
    points.map((x) => [x]),
    points.map((x) => Math.cos(6 * Math.acos(x))),
  );
});

async function tracked(folder: string, command: string) {
  const run = await here(["train", ...command.split(" "), "--loss", "mse", "--precision", "float64", "-o", folder]);
  expect(run.code, run.err).toBe(0);
  const { result } = RESULT_KINDS.train.parse(JSON.parse(readFileSync(at(folder, "result.json"), "utf8")));
  const curve = (quantity: string, series: string) =>
    result.tracked?.quantities
      .find(({ name }) => name === quantity)
      ?.series.find(({ name }) => name === series)
      ?.values.map((value) => value ?? Number.NaN) ?? [];
  return { result, curve };
}

const tensorsOf = (folder: string, step: number) =>
  readSafetensors(
    bytesSource("step", readFileSync(at(folder, `checkpoints/step-${String(step).padStart(6, "0")}.safetensors`))),
  );

const weightsOf = (folder: string, step: number) =>
  [...tensorsOf(folder, step).values()].flatMap((array) => [...array.read().data]);

/** Eigenvalues of a symmetric 2×2 matrix, the largest first. */
function eigenvalues([[a, b], [, d]]: readonly (readonly number[])[]) {
  const root = Math.hypot((a - d) / 2, b);
  return [(a + d) / 2 + root, (a + d) / 2 - root];
}

/** H = (2/n) XᵀX of the mean of squares. */
const hessian = [0, 1].map((i) => [0, 1].map((j) => (2 / X.length) * X.reduce((sum, x) => sum + x[i] * x[j], 0)));

const gradients = (w: readonly number[]) =>
  X.map((x, n) => x.map((each) => 2 * each * (x[0] * w[0] + x[1] * w[1] - Y[n])));
const meanGradient = (w: readonly number[]) =>
  [0, 1].map((i) => gradients(w).reduce((sum, g) => sum + g[i], 0) / X.length);

describe("what is tracked", () => {
  it("of linear regression under full-batch descent is what pencil and paper give", async () => {
    const { result, curve } = await tracked(
      "linear",
      "deep-linear:2-1 --data linear.npz --batch full --optimizer gd --lr 0.05 --steps 3 --every 1 " +
        "--track sharpness,batch-sharpness,trace,noise --track-every 1",
    );
    const [largest, least] = eigenvalues(hessian);
    expect(result.tracked?.steps).toEqual([0, 1, 2, 3]);
    for (const [step, value] of curve("sharpness", "λmax of H").entries()) {
      expect(value).toBeCloseTo(largest, 10);
      const w = weightsOf("linear", step);
      const g = meanGradient(w);
      const square = g[0] ** 2 + g[1] ** 2;
      const curvature = g.reduce((sum, a, i) => sum + g.reduce((row, b, j) => row + a * hessian[i][j] * b, 0), 0);
      expect(curve("batch-sharpness", "batch sharpness")[step]).toBeCloseTo(curvature / square, 10);
      const meanSquare = gradients(w).reduce((sum, each) => sum + each[0] ** 2 + each[1] ** 2, 0) / X.length;
      expect(curve("noise", "tr Σ")[step]).toBeCloseTo(meanSquare - square, 10);
      expect(curve("noise", "‖g‖²")[step]).toBeCloseTo(square, 10);
    }
    const trace = result.tracked?.quantities.find(({ name }) => name === "trace")?.series[0];
    // zᵀHz of signs is tr H ± 2 H₀₁: four of them are within that.
    expect(Math.abs((trace?.values[0] ?? Number.NaN) - largest - least)).toBeLessThanOrEqual(
      2 * Math.abs(hessian[0][1]) + 1e-12,
    );
    const limit = result.tracked?.quantities[0].limit;
    expect(limit?.values).toEqual(Array.from({ length: 4 }, () => 2 / 0.05));
    expect(limit?.settled?.mean).toBeUndefined();
  });

  it("of Adam is λmax of D⁻¹H: behind the first step D = (1 − β₁)(|g| + ε)", async () => {
    const { result, curve } = await tracked(
      "adam",
      "deep-linear:2-1 --data linear.npz --batch full --optimizer adam " +
        "--lr 0.01 --steps 1 --track sharpness --track-every 1",
    );
    const d = meanGradient(weightsOf("adam", 0)).map((g) => 0.1 * (Math.abs(g) + 1e-8));
    const scaled = hessian.map((row, i) => row.map((x, j) => x / Math.sqrt(d[i] * d[j])));
    expect(curve("sharpness", "λmax of D⁻¹H")[1] / eigenvalues(scaled)[0]).toBeCloseTo(1, 6);
    expect(result.tracked?.quantities[0].limit).toMatchObject({ series: "λmax of D⁻¹H" });
    expect(result.tracked?.quantities[0].limit?.values[0]).toBeCloseTo(38 / 0.01, 8);
  });

  it("of units between two layers is w₁² − w₂², which a step moves by η²(g₁² − g₂²)", async () => {
    const { curve } = await tracked(
      "chain",
      "deep-linear:1-2-1 --data scalar.npz --batch full --optimizer gd --lr " +
        "0.03 --steps 2 --every 1 --track balance --track-every 1",
    );
    const weights = [0, 1, 2].map((step) => weightsOf("chain", step));
    const balances = (w: readonly number[]) => [0, 1].map((unit) => w[unit] ** 2 - w[2 + unit] ** 2);
    const meanSize = (values: readonly number[]) => values.reduce((sum, x) => sum + Math.abs(x), 0) / values.length;
    const drift = (step: number) => balances(weights[step]).map((x, unit) => x - balances(weights[0])[unit]);
    weights.forEach((w, step) => {
      expect(curve("balance", "mean |Iᵤ|")[step]).toBeCloseTo(meanSize(balances(w)), 12);
      expect(curve("balance", "mean |Iᵤ − Iᵤ(0)|")[step]).toBeCloseTo(meanSize(drift(step)), 12);
    });
    const moved = weights[0].map((w, i) => weights[1][i] - w);
    balances(moved).forEach((x, unit) => expect(drift(1)[unit]).toBeCloseTo(x, 12));
  });

  it("settles at 2/η: the edge of stability of a tanh network on Chebyshev points", { timeout: 60_000 }, async () => {
    const command =
      "train mlp:1-30-20-1:tanh:xavier --data chebyshev.npz --loss mse --batch full --optimizer gd --lr 0.2 " +
      "--steps 6000 --every 6000 --track sharpness --track-every 60 -o edge";
    const run = await here(command.split(" "));
    expect(run.code, run.err).toBe(0);
    const { result } = RESULT_KINDS.train.parse(JSON.parse(readFileSync(at("edge", "result.json"), "utf8")));
    const settled = result.tracked?.quantities[0].limit?.settled;
    expect(settled?.mean).toBeGreaterThan(0.97);
    expect(settled?.mean).toBeLessThan(1.03);
    expect(result.tracked?.quantities[0].series[0].values[0]).toBeLessThan(9.5);
  });

  it("counts dead units: with zero weights none is awake", async () => {
    const { curve } = await tracked(
      "dead",
      "mlp:2-3-1:relu:zero --data linear.npz --batch full --optimizer gd " +
        "--lr 1e-9 --steps 1 --track units --track-every 1",
    );
    expect(curve("units", "dead in 0.weight")).toEqual([1, 1]);
  });

  it.each([
    ["an unknown quantity", ["mlp:2-3-1", "--track", "sharpnes"], /Did you mean sharpness/],
    [
      "curvature while running statistics are gathered",
      ["resnet8:1x8x8:10", "--track", "sharpness"],
      /changes\s+with the\s+batch/,
    ],
  ])("refuses %s", async (_what, args, message) => {
    const data = args[0].startsWith("resnet") ? ["--data", "digits", "--limit", "20"] : ["--data", "linear.npz"];
    const run = await here(["train", ...args, ...data, "--steps", "1"]);
    expect(run.code, run.err).toBe(2);
    expect(run.err).toMatch(message);
  });
});
