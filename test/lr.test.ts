import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { RESULT_KINDS } from "../src/documents/result-kinds.ts";
import { commandLine } from "./support/command-line.ts";
import { leastSquares } from "./support/least-squares.ts";

/* Advice on step sizes against what training does with them. */

const shell = commandLine();
const { at, here } = shell;
let model: string[] = [];
beforeAll(() => {
  model = leastSquares(shell, "double");
});

const advised = async (folder: string, args: readonly string[]) => {
  const run = await here(["lr", ...args, "-o", folder]);
  expect(run.code, run.err).toBe(0);
  const { result } = RESULT_KINDS.lr.parse(JSON.parse(readFileSync(at(folder, "result.json"), "utf8")));
  return { result, out: run.out.replaceAll(/\s+/g, " ") };
};

const trainedTo = async (folder: string, args: readonly string[]) => {
  const run = await here(["train", ...model, "--batch", "full", ...args, "-o", folder]);
  return run.code === 0
    ? RESULT_KINDS.train.parse(JSON.parse(readFileSync(at(folder, "result.json"), "utf8"))).result.loss
    : Number.POSITIVE_INFINITY;
};

describe("the stable step size", { timeout: 240_000 }, () => {
  it.each([
    ["sgd", []],
    ["momentum", ["--momentum", "0.9"]],
    ["nesterov", ["--momentum", "0.9"]],
  ] as const)(
    "of %s on the full batch is where training turns from one that settles into one that diverges",
    async (name, more) => {
      const asked = ["--optimizer", name, ...more];
      const { result } = await advised(name, [
        ...model,
        "--precision",
        "float64",
        ...asked,
        "--batch",
        "full",
        "--ramp",
        "0",
      ]);
      const limit = result.fullBatch?.stepSize ?? Number.NaN;
      expect(result.fullBatch?.error).toBeLessThan(1e-4 * limit);
      expect(result.atBatch).toBeNull();
      expect(result.ramp).toBeNull();
      const steps = ["--steps", "2000", "--every", "2000", "--precision", "float64"];
      const below = await trainedTo(`${name}-below`, [...asked, "--lr", String(0.98 * limit), ...steps]);
      const above = await trainedTo(`${name}-above`, [...asked, "--lr", String(1.02 * limit), ...steps]);
      expect(below).toBeLessThan(result.loss);
      expect(above).toBeGreaterThan(1e3 * result.loss);
    },
  );

  it("at a batch size is smaller, is that of the formula along each direction, and judges the step that is given", async () => {
    const asked = [...model, "--precision", "float64", "--batch", "4", "--lr", "0.01"];
    const { result, out } = await advised("at-batch", asked);
    const { atBatch, fullBatch } = result;
    if (!atBatch || !fullBatch) throw new RangeError("both are known");
    expect(atBatch.directions.length).toBe(3);
    for (const { curvature, variance, stepSize } of atBatch.directions)
      expect(
        Math.abs((stepSize ?? 0) / ((2 * curvature) / (curvature ** 2 + (36 / (4 * 39)) * variance)) - 1),
      ).toBeLessThan(1e-9);
    expect(Math.abs(atBatch.directions[0].curvature - result.sharpness.value)).toBeLessThan(
      1e-6 * result.sharpness.value,
    );
    expect(atBatch.stepSize).toBeLessThan(fullBatch.stepSize);
    expect(out).toContain("Your step size 0.01 is");
    expect(out).toContain("at batches of 4: stable at these weights");
    const beyond = await advised("beyond", [...asked.slice(0, -1), String(2 * fullBatch.stepSize)]);
    expect(beyond.out).toContain("unstable at these weights");
    expect(result.ramp?.stepSize.length).toBeGreaterThan(10);
    expect(result.criticalBatch ?? result.noCriticalBatch).not.toBeNull();
  });

  it("of Adam is that of the preconditioned Hessian, whose second moments on the full batch are the gradient's squares", async () => {
    const adam = [...model, "--precision", "float64", "--optimizer", "adam", "--batch", "full", "--ramp", "0"];
    const { result } = await advised("adam", adam);
    const { preconditioned, fullBatch } = result;
    if (!preconditioned || !fullBatch) throw new RangeError("both are known");
    expect(result.preconditionedBatches).toBe(1);
    expect(Math.abs(fullBatch.stepSize * preconditioned.value - 38)).toBeLessThan(1e-6);
    expect(result.momenta).toBeNull();
  });

  it("of Adam at a batch size scatters with the batches that are drawn as its error says", async () => {
    const seeds = Array.from({ length: 10 }, (_, seed) => seed);
    const found = [];
    for (const seed of seeds) {
      const asked = ["--precision", "float64", "--optimizer", "adam", "--batch", "4", "--ramp", "0"];
      const { result } = await advised(`adam-${seed}`, [...model, ...asked, "--seed", String(seed)]);
      if (!result.preconditioned) throw new RangeError("it is known");
      found.push(result.preconditioned);
    }
    const mean = found.reduce((sum, { value }) => sum + value, 0) / seeds.length;
    const scatter = Math.sqrt(found.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / (seeds.length - 1));
    for (const { error } of found) {
      // Two deviations of one draw, which ten draws tell to a quarter.
      expect(error).toBeGreaterThan(scatter);
      expect(error).toBeLessThan(4 * scatter);
    }
  });

  it("of RMSProp, whose momentum decides nothing, lists no momenta", async () => {
    const { out } = await advised("rmsprop", [...model, "--optimizer", "rmsprop", "--batch", "4", "--ramp", "0"]);
    expect(out).toContain("Preconditioned sharpness");
    expect(out).not.toContain("η/(1 − β) at the limit");
  });

  it("of a rule whose steps do not shrink is none", async () => {
    const { result, out } = await advised("lion", [...model, "--optimizer", "lion", "--batch", "full", "--ramp", "3"]);
    expect(result.fullBatch).toBeNull();
    expect(out.replaceAll(/\s+/gu, " ")).toContain("No curvature is known up to which Lion with a fixed step settles");
  });

  it.each([
    ["an optimiser that there is not", ["--optimizer", "adm"], "adam"],
    ["a step size of 0", ["--lr", "0"], "--lr"],
    ["a step size that is no number", ["--lr", "NaN"], "--lr"],
    ["a batch larger than the data", ["--batch", "41"], "41"],
    ["a number that the optimiser does not have", ["--optimizer", "adam", "--momentum", "0.9"], "momentum"],
    ["a ramp that falls", ["--ramp-from", "1", "--ramp-to", "0.1"], "upwards"],
  ])("is refused with %s", async (_what, args, says) => {
    const run = await here(["lr", ...model, ...args, "-o", "refused"]);
    expect(run.code).toBe(2);
    expect(run.err).toContain(says);
  });
});
