import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { RESULT_KINDS } from "../src/documents/result-kinds.ts";
import { commandLine, floats } from "./support/command-line.ts";

/* Critical points against a landscape that is known: the two-layer linear network on whitened data. */

const { at, here, npz } = commandLine();

const SINGULAR = [4, 3, 2, 1];
beforeAll(() => {
  npz("whitened-four.npz", {
    x: floats([4, 4], (i) => (i % 5 === 0 ? 1 : 0)),
    y: floats([4, 4], (i) => (i % 5 === 0 ? SINGULAR[i / 5] : 0)),
  });
});

const critical = async (folder: string, args: readonly string[]) => {
  const run = await here(["critical", ...args, "-o", folder]);
  expect(run.code, run.err).toBe(0);
  const { result, warnings } = RESULT_KINDS.critical.parse(JSON.parse(readFileSync(at(folder, "result.json"), "utf8")));
  return { result, warnings, out: run.out };
};

const KNOWN = ["deep-linear:4-2-4", "--data", "whitened-four.npz", "--loss", "mse"];

/**
 * The classes of L = mean (y − BAx)², x whitened, BA of rank r at most (Baldi & Hornik 1989): for each set S of at most r singular
 * values the loss Σ_{i∉S} sᵢ² / 16, and the index #{i ∈ S, j ∉ S: sⱼ > sᵢ} + (r − |S|)(n − |S|).
 */
function predicted(singular: readonly number[], r: number) {
  const n = singular.length;
  return Array.from({ length: 2 ** n }, (_, bits) => {
    const isIn = (i: number) => ((bits >> i) & 1) === 1;
    const inside = singular.filter((_s, i) => isIn(i));
    const outside = singular.filter((_s, i) => !isIn(i));
    const passed = inside.reduce((sum, s) => sum + outside.filter((other) => other > s).length, 0);
    return {
      rank: inside.length,
      loss: outside.reduce((sum, s) => sum + s * s, 0) / (n * n),
      index: passed + (r - inside.length) * (n - inside.length),
    };
  })
    .filter(({ rank }) => rank <= r)
    .sort((a, b) => a.loss - b.loss);
}

describe("critical points", { timeout: 240_000 }, () => {
  it("of a two-layer linear network are all 11 classes, each of its index, and nothing else", async () => {
    const { result } = await critical("known", [...KNOWN, "--starts", "80"]);
    const theory = predicted(SINGULAR, 2);
    expect(result.ends).toEqual([{ end: "critical", count: 80 }]);
    expect(result.classes.map(({ index }) => index)).toEqual(theory.map(({ index }) => index));
    expect(result.classes.map(({ index }) => index).sort((a, b) => a - b)).toEqual([0, 1, 2, 2, 3, 3, 4, 4, 5, 6, 8]);
    result.classes.forEach(({ loss, lossError, kind, index, flat, symmetric, zero, leastCurvature }, i) => {
      expect(Math.abs(loss - theory[i].loss)).toBeLessThan(1e-6);
      expect(Math.abs(loss - theory[i].loss)).toBeLessThanOrEqual(lossError);
      expect(kind).toBe(index === 0 ? "minimum" : "saddle");
      // Units can be sent through any invertible map: r² dimensions at full rank, fewer below.
      expect(symmetric).toBe([0, 3, 4][theory[i].rank]);
      expect(flat).toBe(symmetric);
      expect(zero).toBeLessThan(1e-2 * (leastCurvature ?? 0));
    });
    const whole = result.classes.filter((_, i) => theory[i].rank === 2);
    expect(whole.map(({ distinct }) => distinct)).toEqual(whole.map(() => 1));
    expect(Math.max(...result.points.relativeGradient)).toBeLessThanOrEqual(1e-8);
    expect(result.points.loss.length).toBe(80);
  });

  it("of a bowl are one minimum, whose loss is said to no more digits than it has", async () => {
    npz("bowl.npz", { x: floats([3, 3], (i) => (i % 4 === 0 ? 1 : 0)), y: floats([3, 2], () => 0) });
    const bowl = ["deep-linear:3-2", "--data", "bowl.npz", "--loss", "mse", "--starts", "5", "--seed", "1"];
    const { result, out } = await critical("bowl", bowl);
    expect(result.classes.map(({ kind }) => kind)).toEqual(["minimum"]);
    const [, said = "none"] = /ended at a minimum found the loss (.*?)\.\s/s.exec(out) ?? [];
    expect(said).toMatch(/±/);
  });

  it("of a deep linear network at 0 are degenerate: no curvature at all", async () => {
    npz("zero.npz", {
      "0.weight": floats([3, 3], () => 0),
      "1.weight": floats([3, 3], () => 0),
      "2.weight": floats([3, 3], () => 0),
    });
    npz("three.npz", {
      x: floats([3, 3], (i) => (i % 4 === 0 ? 1 : 0)),
      y: floats([3, 3], (i) => [3, 0, 0, 0, 2, 0, 0, 0, 1][i]),
    });
    const deep = ["deep-linear:3-3-3-3", "--data", "three.npz", "--loss", "mse"];
    const { result } = await critical("deep", [...deep, "--from", "along", "--along", "zero.npz"]);
    expect(result.classes).toMatchObject([
      { kind: "degenerate", index: 0, positive: 0, flat: 27, symmetric: 0, leastCurvature: null },
    ]);
    expect(Math.abs(result.classes[0].loss - 14 / 9)).toBeLessThan(1e-12);
  });

  it("are the same when a run is continued, and when tasks are done at other times", async () => {
    const asked = [...KNOWN, "--starts", "70", "--steps", "3", "--seed", "5"];
    const { result, out } = await critical("whole", asked);
    expect(out).toContain("ended at no critical point");
    expect(result.ends.map(({ end }) => end)).toEqual(["wandering"]);
    cpSync(at("whole"), at("torn"), { recursive: true });
    for (const name of ["result.json", "arrays.npz"]) rmSync(at("torn", name), { force: true });
    const tasks = readdirSync(at("torn", "tasks"));
    expect(tasks.length).toBe(3);
    rmSync(at("torn", "tasks", tasks[1]));
    const run = await here(["critical", "--resume", at("torn")]);
    expect(run.code, run.err).toBe(0);
    const again = RESULT_KINDS.critical.parse(JSON.parse(readFileSync(at("torn", "result.json"), "utf8")));
    expect(again.result).toEqual(result);
  });

  it("are looked for from checkpoints", async () => {
    const trained = await here([
      "train",
      ...KNOWN,
      "--batch",
      "full",
      "--lr",
      "0.1",
      "--steps",
      "40",
      "--every",
      "20",
      "-o",
      "run",
    ]);
    expect(trained.code, trained.err).toBe(0);
    const { result } = await critical("along", [
      ...KNOWN,
      "--from",
      "along",
      "--along",
      at("run", "checkpoints", "*.safetensors"),
    ]);
    expect(result).toMatchObject({ starts: 3, searched: 3 });
  });

  it.each([
    ["unknown kind of starts", ["--from", "randon"], "random"],
    ["a number that it does not have", ["--from", "random:size=2"], "size"],
    ["a spread below 1", ["--from", "random:0.5"], "spread"],
    ["along without files", ["--from", "along"], "--along"],
    ["files without along", ["--along", "ones.npz"], "--from along"],
    ["no starts", ["--starts", "0"], "--starts"],
    ["a tolerance that is none", ["--tolerance", "0"], "--tolerance"],
  ])("are not looked for with %s", async (_what, args, says) => {
    const run = await here(["critical", ...KNOWN, ...args, "-o", "refused"]);
    expect(run.code).toBe(2);
    expect(run.err).toContain(says);
  });

  it("are not looked for where there are too many weights for a matrix", async () => {
    const run = await here(["critical", "mlp:64-32-10:tanh", "--data", "digits", "--limit", "50", "-o", "refused"]);
    expect(run.code).toBe(2);
    expect(run.err).toContain("2410 weights");
  });
});
