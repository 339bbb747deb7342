import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { RESULT_KINDS } from "../src/documents/result-kinds.ts";
import { encodeSafetensors } from "../src/files/safetensors.ts";
import { load } from "../src/library/open.ts";
import { commandLine, DIGITS, readArrays } from "./support/command-line.ts";
import { leastSquares, wave } from "./support/least-squares.ts";

const files = commandLine();
const { at, here } = files;

let runs = 0;
const surface = async (...args: string[]) => {
  const folder = `surface-${runs++}`;
  const run = await here(["surface", ...args, "-o", folder]);
  expect(run.code, run.err).toBe(0);
  const { result } = RESULT_KINDS.surface.parse(JSON.parse(readFileSync(at(folder, "result.json"), "utf8")));
  return { result, arrays: readArrays(at(folder, "arrays.npz")), figures: run.out };
};

describe("the loss over a plane", () => {
  it("states no share of eigenvalues that the time did not suffice to search, and no trace that was not measured", async () => {
    const model = ["surface", DIGITS, "--data", "digits", "--threads", "1", "--x", "-1:1:5", "--y", "-1:1:5"];
    const run = await here([...model, "--time", "1ms", "--json"]);
    expect(run.code, run.err).toBe(5);
    const { topConverged, leading, share, trace } = RESULT_KINDS.surface.parse(JSON.parse(run.out)).result;
    expect({ topConverged, leading, share, trace }).toEqual({
      topConverged: false,
      leading: null,
      share: { trace: null, top: null },
      trace: null,
    });
  });

  it("says of shares below rounding that they are below it, and of a plane that is all there is that nothing is left", async () => {
    const planes = [
      [DIGITS, "--data", "digits", "--limit", "200", "--plane", "eig:3,4", "--top", "1"],
      [...leastSquares(files, "double"), "--params", "b", "--normalize", "none"],
    ];
    const [apart, whole] = await Promise.all(
      planes.map(async (args) => (await here(["surface", ...args, "--x", "-1:1:3", "--y", "-1:1:3"])).out),
    );
    expect(apart).toMatch(/Share of the largest curvatures\s+below \d\S*e-\d+/);
    expect(whole).toMatch(/shows\s+all\s+2\s+directions/);
    expect(whole).not.toMatch(/of\s+the\s+others/);
  });

  it.each([
    ["float", 1e-6],
    ["double", 1e-12],
  ] as const)("is its quadratic for a linear least-squares model (%s)", async (precision, tolerance) => {
    const { result, arrays } = await surface(
      ...leastSquares(files, precision),
      "--x",
      "-1:1:21",
      "--y",
      "-0.5:1.5:9",
      "--planes",
      "2",
    );
    const [loss, quadratic] = ["loss", "quadratic"].map((name) => arrays.get(name) ?? expect.unreachable());
    expect(loss.shape).toEqual([9, 21]);
    const worst = [...loss.data].map((each, i) => Math.abs(each / quadratic.data[i] - 1));
    expect(Math.max(...worst)).toBeLessThan(tolerance);
    expect([...loss.data]).toEqual(result.planes[0].loss.flat());
    expect(result.loss.shape).toEqual([9, 21]);
    expect(result.y[result.centre.y]).toBe(0);
    expect(result.planes[0].loss[result.centre.y][result.centre.x]).toBe(result.home);
    expect(result.planes[1].loss).not.toEqual(result.planes[0].loss);
    expect(result.spread?.lowest).toBeLessThan(result.spread?.highest ?? 0);
    // Two directions of twelve, and all curvature there is.
    expect(result.share.trace?.value).toBeGreaterThan(0);
    expect(result.share.trace?.value).toBeLessThan(1);
  });

  it("passes through the weights of three files, bit for bit", async () => {
    await using problem = await load(DIGITS, { data: at("good.npz"), threads: 2 });
    const losses = [];
    for (const k of [1, 2, 3]) {
      const theta = problem.point.parameters.map((x, i) => Math.fround(x + 0.05 * wave(i * k)));
      writeFileSync(at(`w${k}.safetensors`), encodeSafetensors([...problem.space.unflatten(theta, "float32")]));
      await using there = problem.at(theta);
      losses.push((await there.value()).loss);
    }
    const files = [1, 2, 3].map((k) => at(`w${k}.safetensors`)).join(",");
    const model = [DIGITS, "--data", at("good.npz"), "--threads", "2"];
    const { result } = await surface(
      ...model,
      "--plane",
      `through:${files}`,
      "--x",
      "-1:1:5",
      "--y",
      "-1:1:5",
      "--no-share",
    );
    const [{ loss, marks }] = result.planes;
    expect([loss[2][2], loss[2][4], loss[4][2]]).toEqual(losses);
    expect(marks.map(({ x, y, outside }) => [x, y, outside])).toEqual([
      [0, 0, 0],
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(result.share).toEqual({ trace: null, top: null });
  });

  it.each([
    [["--plane", "gradient"], 2, "There is no --plane gradient"],
    [["--plane", "eig:1"], 2, "eig:1,2"],
    [["--plane", "eig:1,2", "--planes", "2"], 2, "Leave --planes out"],
    [["--y", "0.1:1:10"], 3, "None of the 10 points of --y"],
    [["--plane", "through:good.npz,good.npz,good.npz"], 3, "lacks"],
  ])("refuses %j", async (args, code, hint) => {
    const run = await here(["surface", DIGITS, "--data", "good.npz", ...args, "--json"]);
    expect(run.code, run.out).toBe(code);
    const { error } = z
      .object({ error: z.looseObject({ message: z.string(), hint: z.string().nullish() }) })
      .parse(JSON.parse(run.out));
    expect(`${error.message} ${error.hint}`).toContain(hint);
  });
});
