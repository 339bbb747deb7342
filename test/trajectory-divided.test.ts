import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { RESULT_KINDS } from "../src/documents/result-kinds.ts";
import { bytesSource } from "../src/files/byte-source.ts";
import { encodeSafetensors, readSafetensors } from "../src/files/safetensors.ts";
import { commandLine } from "./support/command-line.ts";

/*
 * The stability line of an optimiser that divides, along checkpoints: λmax of D⁻¹H from the D that train writes beside them, against linear
 * regression, where H and D are known, and against what train tracks.
 */

const { at, here, npz } = commandLine();

const X = [
  [1, 0.5],
  [-0.5, 2],
  [0.25, -1],
  [2, 1],
];
const Y = [1, -1, 0.5, 2];
const LR = 0.01;

const double = (shape: number[], values: readonly number[]) =>
  ({ dtype: "float64", shape, data: Float64Array.from(values) }) as const;

const common = "--loss mse --precision float64".split(" ");
const NET = ["deep-linear:2-1", "--data", "linear.npz", ...common];

async function done(args: readonly string[]): Promise<string> {
  const run = await here(args);
  expect(run.code, run.err).toBe(0);
  return run.out.replaceAll(/\s+/g, " ");
}

const trajectoryIn = (folder: string) =>
  RESULT_KINDS.trajectory.parse(JSON.parse(readFileSync(at(folder, "result.json"), "utf8"))).result;

const follow = (net: readonly string[], run: string, out: string, more: readonly string[] = []) => {
  const [model, ...rest] = net;
  const files = [`${run}/checkpoints/*.safetensors`, "--divisors", `${run}/divisors/*.safetensors`];
  return done(["trajectory", model, ...files, ...rest, "--lr", String(LR), ...more, "-o", out]);
};

const file = (path: string) =>
  [...readSafetensors(bytesSource("file", readFileSync(at(path)))).values()].flatMap((each) => [...each.read().data]);

beforeAll(async () => {
  npz("linear.npz", { x: double([4, 2], X.flat()), y: double([4, 1], Y) });
  const steps = ["--batch", "full", "--lr", String(LR), "--steps", "3", "--every", "1"];
  for (const optimizer of ["adam", "rmsprop", "sgd"])
    await done(["train", ...NET, ...steps, "--optimizer", optimizer, "-o", optimizer]);
  mkdirSync(at("zero"));
  writeFileSync(
    at("zero/step-000001.safetensors"),
    encodeSafetensors(new Map([["0.weight", double([1, 2], [0.5, 0])]])),
  );
}, 60_000);

describe("what an optimiser divides by", () => {
  it("stands beside each checkpoint but the first, and beside none of one that divides by nothing", () => {
    expect(existsSync(at("adam/divisors/step-000000.safetensors"))).toBe(false);
    expect(existsSync(at("sgd/divisors"))).toBe(false);
    const w = file("adam/checkpoints/step-000000.safetensors");
    const slope = [0, 1].map(
      (j) => (2 / 4) * X.reduce((sum, x, i) => sum + x[j] * (x[0] * w[0] + x[1] * w[1] - Y[i]), 0),
    );
    // (1 − β₁)(|g| + ε) behind the first step.
    const divisors = file("adam/divisors/step-000001.safetensors");
    slope.forEach((g, j) => expect(divisors[j]).toBeCloseTo(0.1 * (Math.abs(g) + 1e-8), 12));
  });

  it.each([
    ["adam", 38],
    ["rmsprop", 2],
  ])("gives λmax of D⁻¹H at each checkpoint, beside the line of %s", async (optimizer, product) => {
    const out = await follow(NET, optimizer, `along-${optimizer}`, ["--optimizer", optimizer]);
    const { points, optimizer: told } = trajectoryIn(`along-${optimizer}`);
    expect(points.map(({ preconditioned }) => preconditioned === null)).toEqual([true, false, false, false]);
    const h = [0, 1].map((i) => [0, 1].map((j) => (2 / 4) * X.reduce((sum, x) => sum + x[i] * x[j], 0)));
    for (const [step, { preconditioned }] of points.entries()) {
      if (preconditioned === null) continue;
      const d = file(`${optimizer}/divisors/step-00000${step}.safetensors`);
      const [a, b, c] = [h[0][0] / d[0], h[0][1] / Math.sqrt(d[0] * d[1]), h[1][1] / d[1]];
      const largest = (a + c) / 2 + Math.hypot((a - c) / 2, b);
      expect(Math.abs(preconditioned.top.value / largest - 1)).toBeLessThan(1e-9);
      expect(preconditioned.searchMargin).not.toBeNull();
    }
    expect(told.line?.curvature).toBeNull();
    expect(told.preconditioned?.curvature).toBeCloseTo(product / LR, 9);
    // Of four checkpoints the last third are two, which is too few to say where it stays.
    expect(told.preconditioned?.top).toBeNull();
    expect(out).toContain("λmax of D⁻¹H");
  });

  it(
    "of a training with weight decay in the gradient is what train tracks, with --l2",
    { timeout: 60_000 },
    async () => {
      const decayed = ["--optimizer", "adam", "--weight-decay", "0.7", "--lr", String(LR), "--batch", "full"];
      const tracking = ["--track", "sharpness", "--track-every", "1"];
      await done(["train", ...NET, ...decayed, ...tracking, "--steps", "2", "--every", "1", "-o", "decayed"]);
      await follow(NET, "decayed", "along-decayed", ["--optimizer", "adam", "--l2", "0.7"]);
      await follow(NET, "decayed", "along-plain", ["--optimizer", "adam"]);
      const { result } = RESULT_KINDS.train.parse(JSON.parse(readFileSync(at("decayed/result.json"), "utf8")));
      const series = result.tracked?.quantities[0].series.find(({ name }) => name === "λmax of D⁻¹H");
      const behind = (folder: string) => trajectoryIn(folder).points.at(-1)?.preconditioned?.top.value ?? Number.NaN;
      const last = series?.values.at(-1) ?? Number.NaN;
      expect(Math.abs(behind("along-decayed") / last - 1)).toBeLessThan(1e-9);
      expect(behind("along-plain")).toBeLessThan(0.95 * last);
    },
  );

  it("gives what train tracks, and where it stays", { timeout: 60_000 }, async () => {
    const net = ["mlp:64-8-10:tanh", "--data", "digits", "--limit", "200", "--precision", "float64"];
    const steps = ["--steps", "36", "--every", "4", "--batch", "full", "--lr", String(LR)];
    const tracking = ["--track", "sharpness", "--track-every", "4", "--track-examples", "200"];
    await done(["train", ...net, ...steps, ...tracking, "--optimizer", "adam", "-o", "tracked"]);
    const out = await follow(net, "tracked", "along", ["--optimizer", "adam"]);
    const { result } = RESULT_KINDS.train.parse(JSON.parse(readFileSync(at("tracked/result.json"), "utf8")));
    const series = result.tracked?.quantities[0].series.find(({ name }) => name === "λmax of D⁻¹H");
    const { points, optimizer } = trajectoryIn("along");
    const found = points.slice(1).map(({ preconditioned }) => preconditioned?.top.value ?? Number.NaN);
    const tracked = (series?.values ?? []).slice(-found.length).map((value) => value ?? Number.NaN);
    expect(found).toHaveLength(9);
    found.forEach((value, i) => expect(Math.abs(value / tracked[i] - 1)).toBeLessThan(0.03));
    const settled = optimizer.preconditioned?.top;
    const last = found.slice(-4).map((value) => (value * LR) / 38);
    expect(settled?.checkpoints).toBe(4);
    expect(settled?.mean).toBeCloseTo(last.reduce((sum, x) => sum + x, 0) / 4, 12);
    // One that the search missed may lie above.
    const compared = await done(["compare", "along", "along", "-v"]);
    expect(compared).toMatch(/= Largest eigenvalue of D⁻¹H, step-000004\.safetensors [\d.]+ \(\+[\d.e]+ −/);
    expect(out).toMatch(/Over the last 4 of 10 checkpoints λmax of D⁻¹H (stays|is)/);
  });

  it.each([
    [
      "of an optimiser that divides by nothing",
      ["--optimizer", "sgd"],
      "adam/divisors/step-000001.safetensors",
      2,
      /--divisors are of an optimiser that divides/,
    ],
    [
      "without a checkpoint of that name",
      ["--optimizer", "adam"],
      "linear.npz",
      2,
      /linear\.npz is to belong to the checkpoint/,
    ],
    [
      "that are checkpoints themselves",
      ["--optimizer", "adam"],
      "adam/checkpoints/step-000001.safetensors",
      2,
      /is a checkpoint, and is to hold/,
    ],
    ["that are not above 0", ["--optimizer", "adam"], "zero/step-000001.safetensors", 3, /finite and above 0/],
  ])("refuses files %s", async (_what, told, divisors, code, message) => {
    const [model, ...rest] = NET;
    const run = await here([
      "trajectory",
      model,
      "adam/checkpoints/*.safetensors",
      ...rest,
      ...told,
      "--divisors",
      divisors,
    ]);
    expect(run.code, run.err).toBe(code);
    expect(run.err.replaceAll(/\s+/g, " ")).toMatch(message);
  });
});
