import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RESULT_KINDS } from "../src/documents/result-kinds.ts";
import { commandLine, floats } from "./support/command-line.ts";

/*
 * Local learning coefficients whose values are known: reduced-rank regression (Aoyagi & Watanabe 2005) and regular models (d/2), with
 * data that stand for the whole population, x ∈ {eᵢ}, y = 0: the loss is ‖BA‖² up to a factor.
 */

const { at, here, npz } = commandLine();

const population = (name: string, inputs: number, outputs: number) =>
  npz(name, {
    x: floats([inputs, inputs], (i) => (i % (inputs + 1) === 0 ? 1 : 0)),
    y: floats([inputs, outputs], () => 0),
  });

const measured = async (folder: string, args: readonly string[]) => {
  const run = await here(["llc", ...args, "--threads", "1", "-o", folder]);
  expect([0, 5], run.err).toContain(run.code);
  return RESULT_KINDS.llc.parse(JSON.parse(readFileSync(at(folder, "result.json"), "utf8"))).result;
};

const KNOWN = ["--loss", "mse", "--precision", "float64", "--sample-size", "3e3", "--spread", "1"];

/** λ of a linear network with zero weights between so many inputs, hidden and outputs (Aoyagi & Watanabe 2005, rank 0). */
function reducedRank([m, h, n]: readonly number[]): number {
  if (n > m + h) return (h * m) / 2;
  if (m > n + h) return (h * n) / 2;
  if (h > m + n) return (m * n) / 2;
  const odd = (m + h + n) % 2;
  return (-(h * h + m * m + n * n) + 2 * (h * m + h * n + m * n) + odd) / 8;
}

describe("the learning coefficient", () => {
  it(
    "of reduced-rank regression is that of Aoyagi and Watanabe, within 3 % and its interval",
    { timeout: 120_000 },
    async () => {
      const [m, h, n] = [4, 3, 8];
      const known = 6;
      const shapes = [
        [m, h, n],
        [3, 8, 4],
        [5, 4, 5],
      ];
      expect(shapes.map(reducedRank)).toEqual([known, 6, 8]);
      const { coefficient, isAsymptotic } = await measured("rank", [
        `deep-linear:${m}-${h}-${n}:zero`,
        "--data",
        population("rank.npz", m, n),
        ...KNOWN,
        "--chains",
        "16",
        "--draws",
        "100",
        "--warmup",
        "100",
      ]);
      expect(isAsymptotic).toBe(true);
      expect(Math.abs(coefficient.value - known)).toBeLessThan(0.03 * known);
      expect(coefficient.interval.lower).toBeLessThan(known);
      expect(coefficient.interval.upper).toBeGreaterThan(known);
    },
  );

  it("of a regular model is half of its parameters", { timeout: 60_000 }, async () => {
    const { coefficient, parameters } = await measured("regular", [
      "deep-linear:6-2:zero",
      "--data",
      population("regular.npz", 6, 2),
      ...KNOWN,
    ]);
    expect(parameters).toBe(12);
    expect(Math.abs(coefficient.value - 6)).toBeLessThan(0.03 * 6);
    expect(coefficient.interval.lower).toBeLessThan(6);
    expect(coefficient.interval.upper).toBeGreaterThan(6);
  });
});

describe("a run of it", () => {
  const SMALL = [
    "mlp:64-4-10:tanh",
    "--data",
    "digits",
    "--limit",
    "60",
    "--chains",
    "2",
    "--warmup",
    "20",
    "--draws",
    "12",
  ];

  it("that lost tasks and is continued has the bits of one that was not", { timeout: 60_000 }, async () => {
    await measured("whole", SMALL);
    cpSync(at("whole"), at("torn"), { recursive: true });
    for (const name of ["result.json", "arrays.npz"]) rmSync(at("torn", name));
    const [first] = readdirSync(at("torn", "tasks"));
    rmSync(at("torn", "tasks", first));
    const run = await here(["llc", "--resume", at("torn")]);
    expect([0, 5], run.err).toContain(run.code);
    expect(readFileSync(at("torn", "arrays.npz")).equals(readFileSync(at("whole", "arrays.npz")))).toBe(true);
  });

  it("at weights that are no minimum says so, and what that takes off", { timeout: 60_000 }, async () => {
    const run = await here(["llc", ...SMALL, "--seed", "1", "-o", "untrained"]);
    expect([0, 5]).toContain(run.code);
    expect(run.out.replaceAll(/\s+/g, " ")).toMatch(
      /The weights are no minimum: a loss [\d.e-]+ below theirs was drawn/,
    );
    const { result } = RESULT_KINDS.llc.parse(JSON.parse(readFileSync(at("untrained", "result.json"), "utf8")));
    expect(result.drop).toBeGreaterThan(0);
  });

  it.each([
    ["a sampler that there is not", ["--sampler", "nuts"], 2, /nuts/],
    ["a temperature of 0", ["--temperatures", "0,1"], 2, /temperatures/],
    ["a temperature twice", ["--temperatures", "1,1"], 2, /named twice/],
    ["no localisation", ["--localization", "0"], 2, /localization/],
    ["one chain", ["--chains", "1"], 2, /chains/],
    ["examples too few for a temperature", ["--limit", "2"], 2, /at\s+least\s+3\s+examples/],
  ] as const)("is refused with %s", async (_what, flags, code, says) => {
    const run = await here(["llc", "mlp:64-4-10:tanh", "--data", "digits", ...flags]);
    expect(run.code).toBe(code);
    expect(run.err).toMatch(says);
  });
});
