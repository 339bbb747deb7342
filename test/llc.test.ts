/** @thorough Chains until they agree with theory: a minute. */

import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RESULT_KINDS } from "../src/documents/result-kinds.ts";
import { commandLine, DIGITS, floats } from "./support/command-line.ts";
import { modelBytes, tensorProto, valueInfo } from "./support/onnx-model.ts";

/*
 * Local learning coefficients whose values are known: reduced-rank regression (Aoyagi & Watanabe 2005), regular models (d/2) and normal
 * crossings (Watanabe 2009), with data that stand for the whole population, x ∈ {eᵢ}, y = 0: the loss is ‖BA‖² up to a factor.
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

const EXACT = ["--loss", "mse", "--precision", "float64", "--spread", "1"];
const KNOWN = [...EXACT, "--sample-size", "3e3"];

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
    expect(coefficient.interval.upper).toBe(6);
  });

  it(
    "of a regular model whose curvatures lie far apart is half of its parameters, too",
    { timeout: 60_000 },
    async () => {
      const sizes = [4, 1.5, 0.7, 0.27];
      const data = npz("spread.npz", {
        x: floats([4, 4], (i) => (i % 5 === 0 ? sizes[i / 5] : 0)),
        y: floats([4, 1], () => 0),
      });
      const { coefficient, isAsymptotic } = await measured("spread", [
        "deep-linear:4-1:zero",
        "--data",
        data,
        "--loss",
        "mse",
        "--precision",
        "float64",
        "--sample-size",
        "200",
      ]);
      expect(isAsymptotic).toBe(true);
      expect(Math.abs(coefficient.value - 2)).toBeLessThan(0.03 * 2);
      expect(coefficient.interval.lower).toBeLessThan(2);
      expect(coefficient.interval.upper).toBe(2);
    },
  );
});

describe("of a normal crossing", () => {
  /** w₁^p w₂^q x, whose squares are the loss at x = 1 where y = 0, with both weights 0. */
  const crossing = (p: number, q: number): string => {
    const names = [...Array.from({ length: p }, () => "w1"), ...Array.from({ length: q }, () => "w2")];
    const path = at(`crossing-${p}-${q}.onnx`);
    writeFileSync(
      path,
      modelBytes({
        opset: 13,
        inputs: [valueInfo("x", "float", ["n", 1])],
        outputs: [valueInfo("y", "float", ["n", 1])],
        initializers: ["w1", "w2"].map((name) => tensorProto(name, "float", [1, 1], [0])),
        nodes: names.map((name, i) => ({
          op: "MatMul",
          inputs: [i === 0 ? "x" : `h${i}`, name],
          outputs: [i === names.length - 1 ? "y" : `h${i + 1}`],
        })),
      }),
    );
    return path;
  };

  const CROSSING = [...EXACT, "--sample-size", "1e5", "--sampler", "exchange", "--chains", "64"];
  // More with LLC_SEEDS; 20 were tried.
  const SEEDS = Number(process.env.LLC_SEEDS ?? 1);

  it.each([
    ["w₁²w₂², a pole of order 2", 1, 1, 1 / 2, "multiplicity-2"],
    ["w₁²w₂⁴, with the next pole at 1/2", 1, 2, 1 / 4, "power-1/4"],
  ] as const)(
    "%s: the least 1/(2k), within 3 %% and its interval, and by which law",
    { timeout: 200_000 * SEEDS },
    async (_what, p, q, known, law) => {
      const data = population("one.npz", 1, 1);
      const found = [];
      for (let seed = 0; seed < SEEDS; seed++) {
        const result = await measured(`crossing-${p}-${q}-${seed}`, [
          crossing(p, q),
          "--data",
          data,
          ...CROSSING,
          "--seed",
          String(seed),
        ]);
        expect(result.isAsymptotic).toBe(true);
        const best = result.laws.reduce((most, each) => (each.probability > most.probability ? each : most));
        expect(best.name).toBe(law);
        found.push(result.coefficient);
      }
      const { length: near } = found.filter(({ value }) => Math.abs(value - known) < 0.03 * known);
      const { length: inside } = found.filter(({ interval: { lower, upper } }) => lower <= known && known <= upper);
      if (process.env.LLC_SEEDS) process.stdout.write(`${JSON.stringify({ p, q, near, inside, of: SEEDS, found })}\n`);
      // Each is inside with 95 %; of 20, 18 or more are with 92 %. 3 % are 1.4 to 5 standard errors where the pole is double.
      const most = Math.ceil(0.9 * SEEDS);
      expect(near).toBeGreaterThanOrEqual(most);
      expect(inside).toBeGreaterThanOrEqual(most);
    },
  );
});

describe("by slopes on batches", () => {
  const SHORT = "--data digits --limit 300 --localization 100 --temperatures 1 --warmup 60 --draws 60".split(" ");

  it("is that by exact slopes, of a trained network", { timeout: 180_000 }, async () => {
    const found = [];
    for (const sampler of ["hmc", "sgld"])
      found.push(
        await measured(`trained-${sampler}`, [
          DIGITS,
          ...SHORT,
          "--sampler",
          sampler,
          ...(sampler === "sgld" ? ["--batch", "60"] : []),
        ]),
      );
    const [exact, batched] = found.map(({ temperatures: [{ coefficient }] }) => coefficient);
    expect(exact.value).toBeGreaterThan(10 * exact.standardError);
    expect(Math.abs(exact.value - batched.value)).toBeLessThan(
      4 * Math.hypot(exact.standardError, batched.standardError),
    );
    // What the steps are off by counts on both sides.
    const [, { coefficient, temperatures }] = found;
    expect(coefficient.interval.upper - coefficient.value).toBeGreaterThan(
      Math.abs(temperatures[0].identity.value) / 2,
    );
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
    ["bridges that nothing is traded through", ["--bridges", "0.01"], 2, /samples\s+each\s+temperature\s+by\s+itself/],
    ["a batch that nothing is taken on", ["--batch", "16"], 2, /all\s+examples\s+in\s+each\s+step/],
    ["a batch of more than all", ["--sampler", "sgld", "--batch", "9999"], 2, /the\s+data\s+hold/],
    ["a bridge that is a temperature", ["--sampler", "exchange", "--bridges", "2"], 2, /named twice/],
    ["chains too few to trade", ["--sampler", "exchange", "--chains", "8"], 2, /too\s+few\s+for\s+6\s+temperatures/],
    ["no localisation", ["--localization", "0"], 2, /localization/],
    ["one chain", ["--chains", "1"], 2, /chains/],
    ["examples too few for a temperature", ["--limit", "2"], 2, /at\s+least\s+3\s+examples/],
  ] as const)("is refused with %s", async (_what, flags, code, says) => {
    const run = await here(["llc", "mlp:64-4-10:tanh", "--data", "digits", ...flags]);
    expect(run.code).toBe(code);
    expect(run.err).toMatch(says);
  });
});
