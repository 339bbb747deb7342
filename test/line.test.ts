import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { RESULT_KINDS } from "../src/documents/result-kinds.ts";
import { encodeSafetensors } from "../src/files/safetensors.ts";
import { load } from "../src/library/open.ts";
import { commandLine, DIGITS } from "./support/command-line.ts";
import { leastSquares, wave } from "./support/least-squares.ts";

const files = commandLine();
const { at, here } = files;

const line = async (...args: string[]) => {
  const run = await here(["line", ...args, "--json"]);
  expect(run.err + run.out).not.toContain("This is a bug");
  expect(run.code, run.err).toBe(0);
  return RESULT_KINDS.line.parse(JSON.parse(run.out));
};

describe("the loss along a line", () => {
  it.each([
    ["float", 1e-6],
    ["double", 1e-12],
  ] as const)("is its parabola for a linear least-squares model (%s)", async (precision, tolerance) => {
    const { result } = await line(
      ...leastSquares(files, precision),
      "--normalize",
      "none",
      "--x",
      "-1:1:21",
      "--seed",
      "3",
    );
    const worst = result.loss.map((each, i) => Math.abs((each ?? Number.NaN) / result.quadratic.values[i] - 1));
    expect(Math.max(...worst)).toBeLessThan(tolerance);
    expect(result.x).toEqual(Array.from({ length: 21 }, (_, i) => ((i - 10) * 2) / 20));
    expect(result.quadratic.leavesAt).toBeNull();
  });

  it("has the scatter of the examples for its error, at every point, and on held-out ones", async () => {
    const [model, , data, , loss] = leastSquares(files, "double");
    const { result } = await line(model, "--data", data, "--loss", loss, "--test", data, "--x", "-1:1:5");
    const rows = Array.from({ length: 40 }, (_, n) =>
      [0, 1].map((k) => {
        const x = (i: number) => Math.fround(wave(5 * n + i + 7));
        const output = [0, 1, 2, 3, 4].reduce((sum, i) => sum + x(i) * wave(2 * i + k), [0.1, -0.2][k]);
        return (output - Math.fround(wave(2 * (2 * n + k) + 1))) ** 2;
      }),
    ).map(([a, b]) => (a + b) / 2);
    const mean = rows.reduce((sum, each) => sum + each, 0) / 40;
    const variance = rows.reduce((sum, each) => sum + (each - mean) ** 2, 0) / 39;
    expect(result.loss[2]).toBeCloseTo(mean, 12);
    expect(result.standardError?.[2]).toBeCloseTo(Math.sqrt(variance / 40), 12);
    expect(result.test?.standardError).toEqual(result.standardError);
    expect(result.standardError?.every((each) => each !== null && each > 0)).toBe(true);
  });

  it("is that of the weights at 0 and that of the file at 1, bit for bit; the files stay as they are", async () => {
    const before = readFileSync(DIGITS);
    await using problem = await load(DIGITS, { data: at("good.npz"), threads: 2 });
    const { loss } = await problem.point.value();
    const theta = problem.point.parameters.map((x, i) => Math.fround(x + 0.05 * wave(i)));
    writeFileSync(at("there.safetensors"), encodeSafetensors([...problem.space.unflatten(theta, "float32")]));
    await using there = problem.at(theta);
    const model = [DIGITS, "--data", at("good.npz"), "--threads", "2"];
    const { result } = await line(...model, "--direction", `to:${at("there.safetensors")}`, "--x", "-1:2:31");
    expect(result.loss[10]).toBe(loss);
    expect(result.loss[20]).toBe((await there.value()).loss);
    expect(result.marks).toMatchObject([{ at: 1, outside: 0 }]);
    expect(readFileSync(DIGITS).equals(before)).toBe(true);
  });

  it("is measured coarsely where the time is short: what is there is where a coarser grid has points", async () => {
    const model = [DIGITS, "--data", "digits", "--threads", "1"];
    const run = await here(["line", ...model, "--x", "-1:1:8001", "--time", "1s", "--json"]);
    expect(run.code, run.err).toBe(5);
    const { result } = RESULT_KINDS.line.parse(JSON.parse(run.out));
    expect(result.measured).toBeGreaterThan(0);
    expect(result.measured).toBeLessThan(8001);
    expect(result.loss[4000]).toBe(result.home);
  });

  it.each([
    [["--x", "-1:1:50"], 3, "Write --x -1:1:51."],
    [["--x", "1:2:11"], 3, "--x 0:2:21"],
    [["--x", "fast"], 2, "FIRST:LAST:NUMBER"],
    [["--direction", "eig:0"], 2, "eig:1 for the largest"],
    [["--direction", "sideways"], 2, "There is no --direction sideways"],
    [["--direction", "to:nowhere.safetensors"], 3, "nowhere.safetensors"],
    [["--direction", "pca:nothing-*.npz"], 3, "No file fits"],
    [["--direction", "update:good.npz,good.npz"], 3, "lacks"],
  ])("refuses %j", async (args, code, hint) => {
    const run = await here(["line", DIGITS, "--data", "good.npz", ...args, "--json"]);
    expect(run.code, run.out).toBe(code);
    const { error } = z
      .object({ error: z.looseObject({ message: z.string(), hint: z.string().nullish() }) })
      .parse(JSON.parse(run.out));
    expect(`${error.message} ${error.hint}`).toContain(hint);
  });
});
