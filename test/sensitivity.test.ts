/** @thorough Trained networks, rounded and pruned: half a minute. */

import { readdirSync, readFileSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RESULT_KINDS } from "../src/documents/result-kinds.ts";
import { commandLine, fixture, REFERENCE } from "./support/command-line.ts";

interface Oracle {
  readonly loss: number;
  readonly rows: readonly { readonly change: string; readonly name: string; readonly measured: number }[];
  readonly together: Readonly<Record<string, number>>;
}

const oracle: Oracle = JSON.parse(readFileSync(new URL("sensitivity/oracle.json", import.meta.url), "utf8"));

const { at, here } = commandLine();

const sensitivity = async (...args: string[]) => {
  const run = await here(["sensitivity", ...args, "--json"]);
  expect(run.code, run.err).toBe(0);
  return RESULT_KINDS.sensitivity.parse(JSON.parse(run.out)).result;
};

const caseOf = (folder: string, file = "model", data = "data") => [
  fixture(`${folder}/${file}.onnx`),
  "--data",
  fixture(`${folder}/${data}.npz`),
];

const labelOf = ({ bits, prune }: { readonly bits: number | null; readonly prune: number | null }) =>
  prune === 0.5 ? "half" : `${bits} bits`;

describe("sensitivity", () => {
  it("measures what NumPy measures, one by one and together, and predicts it within the error that it states", async () => {
    const result = await sensitivity(
      `${REFERENCE}model.onnx`,
      "--data",
      `${REFERENCE}data.npz`,
      "--bits",
      "8,3",
      "--prune",
      "0.5",
      "--precision",
      "float64",
    );
    expect(result.tensors).toHaveLength(oracle.rows.length);
    for (const row of result.tensors) {
      const expected = oracle.rows.find(({ change, name }) => change === labelOf(row) && name === row.name);
      expect(row.measured, row.name).toBeCloseTo(expected?.measured ?? Number.NaN, 9);
    }
    for (const row of result.together) expect(row.measured).toBeCloseTo(oracle.together[labelOf(row)], 9);
    const fine = result.tensors.filter(({ bits }) => bits === 8);
    for (const { predicted, error, measured, measuredError } of fine) {
      expect(Math.abs(measured - predicted)).toBeLessThanOrEqual(error + measuredError);
      // An error that says nothing covers everything.
      expect(error).toBeLessThan(0.1 * Math.abs(measured));
    }
    expect(fine.map(({ name, channels }) => [name, channels])).toEqual([
      ["0.weight", 24],
      ["0.bias", 1],
      ["2.weight", 10],
      ["2.bias", 1],
    ]);
  });

  it.each([
    ["a residual network", [...caseOf("reference/resnet8-digits"), "--limit", "48"]],
    ["a small GPT", [...caseOf("sensitivity", "gpt", "gpt"), "--limit", "12"]],
  ])("ranks the tensors of %s at 8 bits as they are, and covers", async (_name, args) => {
    const { ranks, tensors } = await sensitivity(...args, "--bits", "8");
    const [{ correlation, covered }] = ranks;
    expect(correlation).toBeGreaterThanOrEqual(0.9);
    expect(covered).toBe(tensors.length);
  });

  it("shares out a budget that it keeps to, better than the same bits for all", async () => {
    const { choice, together, tensors } = await sensitivity(
      ...caseOf("reference/lenet-digits"),
      "--bits",
      "8,6,4",
      "--budget",
      "0.25",
    );
    expect(choice?.used).toBeLessThanOrEqual(0.25);
    expect(choice?.expected).toBeGreaterThanOrEqual(choice?.bound ?? Number.NaN);
    const [, six] = together;
    expect(six.bits).toBe(6);
    expect(choice?.uniform).toEqual(
      [six, together[2]].map(({ bits, measured }) => ({ bits, measured })).sort((a, b) => a.measured - b.measured)[0],
    );
    expect(choice?.outcome.measured).toBe(Math.min(choice?.mix ?? Number.NaN, choice?.uniform?.measured ?? Number.NaN));
    const single = choice?.tensors.map(({ name, bits }) =>
      Math.max(0, tensors.find((each) => each.name === name && each.bits === bits)?.measured ?? 0),
    );
    expect(choice?.expected).toBeCloseTo(single?.reduce((a, b) => a + b, 0) ?? Number.NaN, 14);
  });

  it("measures held-out examples beside the data: of the data themselves, the same", async () => {
    const data = `${REFERENCE}data.npz`;
    const { loss, test, tensors, together } = await sensitivity(
      `${REFERENCE}model.onnx`,
      "--data",
      data,
      "--test",
      data,
      "--bits",
      "4",
      "--precision",
      "float64",
    );
    expect(test?.loss).toBeCloseTo(loss, 12);
    for (const row of [...tensors, ...together]) {
      expect(row.test?.measured).toBeCloseTo(row.measured, 12);
      expect(row.test?.accuracy).toBe(row.accuracy);
    }
  });

  it("leaves frozen tensors as they are", async () => {
    const { tensors } = await sensitivity(
      `${REFERENCE}model.onnx`,
      "--data",
      `${REFERENCE}data.npz`,
      "--freeze",
      "0.weight,0.bias",
      "--bits",
      "4",
    );
    expect(tensors.map(({ name }) => name)).toEqual(["2.weight", "2.bias"]);
  });

  it("is continued by its folder alone, to the same bits", async () => {
    const first = await here([
      "sensitivity",
      `${REFERENCE}model.onnx`,
      "--data",
      `${REFERENCE}data.npz`,
      "--bits",
      "6",
      "-o",
      "run",
    ]);
    expect(first.code, first.err).toBe(0);
    const before = readFileSync(at("run/result.json"), "utf8");
    // As if it had ended between two tasks.
    rmSync(at("run/result.json"));
    const tasks = readdirSync(at("run/tasks"));
    rmSync(at("run/tasks", tasks[0]));
    const second = await here(["sensitivity", "--resume", "run"]);
    expect(second.code, second.err).toBe(0);
    const resultOf = (text: string) => RESULT_KINDS.sensitivity.parse(JSON.parse(text)).result;
    expect(resultOf(readFileSync(at("run/result.json"), "utf8"))).toEqual(resultOf(before));
  });

  it("says in one sentence what cannot be asked", async () => {
    const model = [`${REFERENCE}model.onnx`, "--data", `${REFERENCE}data.npz`];
    for (const [args, sentence] of [
      [["--bits", "1"], "--bits"],
      [["--prune", "1.5"], "--prune"],
      [
        ["--bits", "8", "--budget", "0.2"],
        "A budget of 0.2 is less than the numbers of all tensors take at 8 bits without their scales, 0.25.",
      ],
    ] as const) {
      const run = await here(["sensitivity", ...model, ...args]);
      expect(run.code, args.join(" ")).toBe(2);
      expect(run.err.replace(/\s+/g, " ")).toContain(sentence);
    }
  });
});
