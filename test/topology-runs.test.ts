import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RESULT_KINDS } from "../src/documents/result-kinds.ts";
import { encodeSafetensors } from "../src/files/safetensors.ts";
import { commandLine, DIGITS, floats, readArrays } from "./support/command-line.ts";
import { modelBytes, tensorProto, valueInfo } from "./support/onnx-model.ts";

const { at, here, npz } = commandLine();

const done = async (...args: string[]) => {
  const run = await here(args);
  expect(run.code, run.err).toBe(0);
  return run;
};

/** (w² x − y)² with x = y = 1: two wells, at w = ±1, and 1 between them. The file has w = 1, the other one w = −1. */
function twoWells(): string[] {
  writeFileSync(
    at("wells.onnx"),
    modelBytes({
      opset: 17,
      inputs: [valueInfo("x", "double", ["N", 1])],
      outputs: [valueInfo("z", "double", ["N", 1])],
      nodes: [
        { op: "Mul", inputs: ["w", "w"], outputs: ["square"] },
        { op: "MatMul", inputs: ["x", "square"], outputs: ["z"] },
      ],
      initializers: [tensorProto("w", "double", [1, 1], [1])],
    }),
  );
  writeFileSync(
    at("other.safetensors"),
    encodeSafetensors([["w", { dtype: "float64", shape: [1, 1], data: Float64Array.of(-1) }]]),
  );
  const data = npz("wells.npz", { x: floats([4, 1], () => 1), y: floats([4, 1], () => 1) });
  return [at("wells.onnx"), "--data", data, "--loss", "mse", "--params", "w"];
}

describe("topology of runs", () => {
  it("finds both wells of a line and the pass between them, exactly, and what is drawn says the same", async () => {
    await done("line", ...twoWells(), "--direction", "to:other.safetensors", "--x", "-0.25:1.25:49", "-o", "line");
    await done("topology", "line", "-o", "found");
    const { result, checks } = RESULT_KINDS.topology.parse(JSON.parse(readFileSync(at("found/result.json"), "utf8")));
    const [{ minima, basins, meetings, rounding, drawn }] = result.functions;
    expect(minima.map(({ birth, death, at: place, saddle }) => [birth, death, place, saddle])).toEqual([
      [0, null, [0], null],
      [0, 1, [1], [0.5]],
    ]);
    expect(basins.map(({ minimum }) => minimum)).toEqual([0, 1]);
    expect(meetings).toEqual([{ basins: [0, 1], level: 1 }]);
    expect(rounding).toBeLessThan(1e-12);
    expect(checks).toEqual([]);
    const labels = readArrays(at("found/arrays.npz")).get("basin of loss");
    expect([...(labels?.data ?? [])]).toEqual(drawn?.basins);
    const report = readFileSync(at("found/report.html"), "utf8");
    expect(report).toContain("Basins of the loss");
    expect(report).toContain("How the basins of the loss merge");
    expect(report).toContain("Bars of the loss");
  });

  it("two runs: the distance of their diagrams, no more than their largest difference", async () => {
    await done("line", ...twoWells(), "--direction", "to:other.safetensors", "--x", "0:1:33", "-o", "one");
    await done(
      "line",
      ...twoWells(),
      "--l2",
      "0.5",
      "--direction",
      "to:other.safetensors",
      "--x",
      "0:1:33",
      "-o",
      "two",
    );
    const run = await done("topology", "one", "two", "--json");
    const { result, checks } = RESULT_KINDS.topology.parse(JSON.parse(run.out));
    const [{ components, largestDifference }] = result.distances;
    // λ/2 w² is 0.25 at w = ±1 and nothing at 0: the wells rise and move inwards, the pass stays.
    const w = Array.from({ length: 33 }, (_, i) => 1 - i / 16);
    const lowest = Math.min(...w.map((each) => (each ** 2 - 1) ** 2 + each ** 2 / 4));
    expect(largestDifference).toBeCloseTo(0.25, 12);
    expect(components).toBeCloseTo(lowest, 12);
    expect(checks.map(({ name, passed }) => [name, passed])).toEqual([["stability", true]]);
  });

  it("of a run that was cut short speaks of the finest grid that is complete, and says so; with none it refuses", async () => {
    await done("surface", DIGITS, "--data", "good.npz", "--no-share", "--x", "-1:1:9", "--y", "-1:1:9", "-o", "whole");
    const file = at("whole/result.json");
    const whole = readFileSync(file, "utf8");
    const { result } = RESULT_KINDS.surface.parse(JSON.parse(whole));
    const cutTo = (isMeasured: (x: number, y: number) => boolean) => {
      const document = JSON.parse(whole);
      document.result.planes[0].loss = document.result.planes[0].loss.map((row: unknown[], y: number) =>
        row.map((loss, x) => (isMeasured(x, y) ? loss : null)),
      );
      writeFileSync(file, JSON.stringify(document));
    };
    // Coarse to fine: every second point, and the first ones between.
    cutTo((x, y) => (x % 2 === 0 && y % 2 === 0) || y < 3);
    const run = await here(["topology", "whole", "--json"]);
    expect(run.code, run.err).toBe(5);
    const [found] = RESULT_KINDS.topology.parse(JSON.parse(run.out)).result.functions;
    expect(found).toMatchObject({ points: 25, absent: 0, cutShort: { points: 81, measured: 25 + 17, stride: 2 } });
    expect(found.axes.map(({ values }) => values)).toEqual([
      [-1, -0.5, 0, 0.5, 1],
      [-1, -0.5, 0, 0.5, 1],
    ]);
    const coarse = result.planes[0].loss.flatMap((row, y) => row.filter((_, x) => x % 2 === 0 && y % 2 === 0));
    expect(found.drawn?.values).toEqual(coarse);
    cutTo((x, y) => x === 4 && y === 4);
    const refused = await here(["topology", "whole"]);
    expect(refused.code).toBe(3);
    expect(refused.err.replace(/\s+/g, " ")).toContain("was cut short after 1 of 81 points");
    cutTo(() => true);
    await done("topology", "whole");
  });

  it("in one sentence refuses what has no samples", async () => {
    await done("profile", DIGITS, "--data", "good.npz", "--only", "loss", "-o", "profile");
    const other = await here(["topology", "profile"]);
    expect(other.code).toBe(3);
    expect(other.err.replace(/\s+/g, " ")).toContain(
      "is a run of profile, which samples no line or surface of the loss",
    );
    const nothing = await here(["topology", "nowhere"]);
    expect(nothing.code).toBe(3);
    const two = await here(["topology", DIGITS, DIGITS, "--data", "good.npz"]);
    expect(two.code).toBe(2);
    const noData = await here(["topology", DIGITS]);
    expect(noData.code).toBe(2);
    expect(noData.err).toContain("--data");
  });
});

describe("topology around the weights", () => {
  const wells = (...args: string[]) => done("topology", ...twoWells(), "--dimensions", "1", ...args, "--json");

  it("is refused where all weights are 0, at which every point would lie", async () => {
    const zero = npz("zero.npz", { x: floats([4, 3], (i) => i), y: floats([4, 2], (i) => i % 3) });
    const run = await here(["topology", "deep-linear:3-2:zero", "--data", zero, "--loss", "mse"]);
    expect(run.code).toBe(3);
    expect(run.err.replace(/\s+/g, " ")).toContain("The directions have no length");
  });

  it("is refused in more directions than weights move in", async () => {
    const run = await here(["topology", ...twoWells(), "--dimensions", "2"]);
    expect(run.code).toBe(3);
    expect(run.err.replace(/\s+/g, " ")).toContain("There are 2 directions, and 1 weight that moves");
  });

  it("has no basin beside another where the loss is 0 everywhere", async () => {
    const level = npz("level.npz", { x: floats([4, 3], () => 0), y: floats([4, 2], () => 0) });
    const run = await here(["topology", "deep-linear:3-2", "--data", level, "--loss", "mse", "--samples", "8"]);
    expect(run.out.replace(/\s+/g, " ")).toContain(
      "All samples of the loss are 0: as far as it was sampled it is level",
    );
    expect(run.out).not.toContain("have one basin");
  });

  it("joins by straight paths what too few neighbours part, and parts what a wall does", async () => {
    const run = await wells("--samples", "40", "--radius", "2.5", "--seed", "1");
    const { result } = RESULT_KINDS["topology-samples"].parse(JSON.parse(run.out));
    const [{ basins, minima, rounding }] = result.functions;
    expect(basins).toHaveLength(2);
    const [deepest, other] = basins.map(({ minimum }) => minima[minimum]);
    // The weights themselves are among the samples.
    expect(deepest.birth).toBe(0);
    expect(other.birth).toBeLessThan(0.2);
    expect(other.death).toBeGreaterThan(0.7);
    expect(other.death).toBeLessThanOrEqual(1 + rounding);
  });
});
