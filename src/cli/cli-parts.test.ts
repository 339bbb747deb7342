import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { INSTRUMENTS } from "../instruments/registry.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { milliseconds, runFlags } from "./common-flags.ts";
import { flagsOf, readFlags } from "./flag.ts";
import { commandOf } from "../library/command-of.ts";
import { formatBytes, formatCount, formatDuration } from "../util/format-size.ts";
import { table, widthOf, wrap } from "./layout.ts";
import { presentError } from "./present-error.ts";
import { describe as describeProgress } from "./progress-line.ts";
import { didYouMean, editDistance } from "../util/suggest.ts";
import { processTerminal, styleOf, wantsColors } from "./terminal.ts";
import { VERBS } from "./verbs/registry.ts";

describe("edit distance", () => {
  it("is a distance, and a swap of neighbours costs 1", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
    expect(editDistance("hessain", "hessian")).toBe(1);
  });

  it("suggests what is near only", () => {
    expect(didYouMean("proflie", ["profile", "explain"])).toBe("Did you mean profile?");
    expect(didYouMean("xyz", ["profile", "explain"])).toBeUndefined();
    const products = ["gradient", "hessian-vector", "gauss-newton-vector"];
    expect(didYouMean("hesian", products)).toBe("Did you mean hessian-vector?");
    expect(didYouMean("gnv", products)).toBe("Did you mean gauss-newton-vector?");
    expect(didYouMean("gpu", ["cuda", "webgpu"])).toBe("Did you mean webgpu?");
    expect(didYouMean("ntk", ["ritz-value", "sam-sharpness"])).toBeUndefined();
  });
});

describe("colours", () => {
  it("are off where NO_COLOR says something, or the terminal is dumb", () => {
    expect(wantsColors({})).toBe(true);
    expect(wantsColors({ NO_COLOR: "" })).toBe(true);
    expect(wantsColors({ NO_COLOR: "1" })).toBe(false);
    expect(wantsColors({ NO_COLOR: "0" })).toBe(false);
    expect(wantsColors({ TERM: "dumb" })).toBe(false);
  });
});

describe("flags from zod types", () => {
  const parameters = z.object({
    batchSize: z.int().min(1).optional().meta({ description: "examples" }),
    names: z.array(z.string()).optional().meta({ description: "names" }),
    factors: z.array(z.number()).default([2]).meta({ description: "factors" }),
    kind: z.enum(["one", "two"]).default("one").meta({ description: "kind" }),
    color: z.boolean().default(true).meta({ description: "colours" }),
  });

  it("take names, kinds and defaults from the types", () => {
    expect(
      flagsOf(parameters).map(({ name, toggle, repeatable, placeholder }) => [name, toggle, repeatable, placeholder]),
    ).toEqual([
      ["--batch-size", false, false, "N"],
      ["--names", false, true, "VALUE"],
      ["--factors", false, true, "N"],
      ["--kind", false, false, "one|two"],
      ["--no-color", true, false, "VALUE"],
    ]);
  });

  it("read text and JSON values alike", () => {
    expect(readFlags(parameters, { batchSize: "3", names: ["a", "b"], factors: ["1.5", "2"] })).toEqual({
      batchSize: 3,
      names: ["a", "b"],
      factors: [1.5, 2],
      kind: "one",
      color: true,
    });
    expect(readFlags(parameters, { batchSize: 3, names: "a" })).toMatchObject({ batchSize: 3, names: ["a"] });
  });

  it("take lists with commas, repeated, or both, whatever the verb", () => {
    const raw = { names: ["a, b", "c", String.raw`d\,e`], factors: ["1.5,2", "3"] };
    expect(readFlags(parameters, raw)).toMatchObject({ names: ["a", "b", "c", "d,e"], factors: [1.5, 2, 3] });
    for (const { parameters: all } of VERBS)
      for (const { key, numeric } of flagsOf(all).filter(({ repeatable, choices }) => repeatable && !choices)) {
        const type = z.object({ [key]: all.shape[key] });
        const numbers = [
          [2, 3, 4],
          [0.25, 0.5, 0.75],
        ].find((each) => type.safeParse({ [key]: each }).success);
        const expected = numeric ? (numbers ?? expect.unreachable()) : ["a", "b", "c"];
        const [first, second, third] = expected.map(String);
        expect(readFlags(type, { [key]: [`${first},${second}`, third] })).toEqual({ [key]: expected });
      }
    const only = VERBS.flatMap((verb) => flagsOf(verb.parameters)).filter(({ name }) => name === "--only");
    expect(only.length).toBeGreaterThan(0);
    for (const flag of only) expect(flag.repeatable).toBe(true);
  });

  it.each([
    [{ batchSize: "0" }, '--batch-size is "0"; it must be at least 1.', undefined],
    [{ batchSize: "1.5" }, '--batch-size is "1.5"; it must be a whole number.', undefined],
    [{ kind: "tow" }, '--kind is "tow"; it must be one of one, two.', "Did you mean two?"],
  ])("refuse %j", (raw, message, hint) => {
    try {
      readFlags(parameters, raw);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ kind: "usage", message, hint });
    }
  });

  it("are described, for every verb and instrument, and never clash", () => {
    for (const parametersOf of [
      ...VERBS.map((verb) => verb.parameters),
      ...INSTRUMENTS.map((instrument) => instrument.parameters),
    ]) {
      const flags = flagsOf(parametersOf);
      for (const { description } of flags) expect(description).not.toBe("");
      const shorts = flags.flatMap(({ short }) => short ?? []);
      expect(new Set(shorts).size).toBe(shorts.length);
    }
  });

  it("know times", () => {
    expect(["60s", "90", "2m", "1h", "500ms", "1.5min"].map(milliseconds)).toEqual([
      60_000, 90_000, 120_000, 3_600_000, 500, 90_000,
    ]);
    expect(runFlags.shape.time.safeParse("soon").success).toBe(false);
  });
});

describe("layout", () => {
  it("keeps every word and the width", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/)), fc.integer({ min: 20, max: 80 }), (words, width) => {
        const wrapped = wrap(words.join(" "), width);
        expect(wrapped.split(/\s+/).filter(Boolean)).toEqual(words);
        for (const line of wrapped.split("\n")) expect(line.length).toBeLessThanOrEqual(width);
      }),
    );
  });

  it("aligns columns whatever their colours", () => {
    const style = styleOf(true);
    const lines = table(
      [
        [style.red("a"), "1"],
        ["bbb", "22"],
      ],
      ["left", "right"],
    ).split("\n");
    expect(lines.map(widthOf)).toEqual([9, 9]);
  });
});

describe("formats", () => {
  it("are short and have units", () => {
    expect([0.5, 1200, 61_000, 3_600_000, 7_500_000].map(formatDuration)).toEqual([
      "0.5 ms",
      "1.2 s",
      "1 min 1 s",
      "1 h",
      "2 h 5 min",
    ]);
    expect([12, 1536, 5 * 2 ** 30].map(formatBytes)).toEqual(["12 B", "1.5 KiB", "5 GiB"]);
    expect([7, 1810, 1234567].map(formatCount)).toEqual(["7", "1 810", "1 234 567"]);
    expect(describeProgress({ stage: "trace", done: 10, total: 40, estimate: "tr ≈ 3" }, 5000)).toBe(
      "trace: 10/40 · tr ≈ 3 · 15 s left",
    );
    // Of what was done before the time began to run, nothing is known.
    expect(describeProgress({ stage: "training", done: 30, total: 40, unit: "steps" }, 5000, 10)).toBe(
      "training: 30/40 · 4 steps/s · 2.5 s left",
    );
  });
});

describe("errors", () => {
  const plain = styleOf(false);

  it("say what to do, and give the code that fits", () => {
    const error = new ThalwegError({
      kind: "input",
      code: "empty-file",
      message: "a.npz is empty.",
      hint: "Write it again.",
    });
    expect(presentError(error, plain, false)).toMatchObject({
      text: "error: a.npz is empty.\n  Write it again.\n",
      exitCode: 3,
    });
  });

  it("own up to bugs, without a stack unless asked", () => {
    const bug = new TypeError("x is not a function");
    expect(presentError(bug, plain, false).exitCode).toBe(1);
    expect(presentError(bug, plain, false).text).toMatch(/bug in Thalweg/);
    expect(presentError(bug, plain, false).text).not.toMatch(/\bat /);
    expect(presentError(bug, plain, true).text).toMatch(/\bat /);
  });
});

it("the command line of a library call is read as what was asked for, also names with commas", () => {
  const params = ["layer,1.weight", "head.*"];
  const [verb, model, name, typed, ...others] = commandOf("profile", "model.onnx", { params });
  expect([verb, model, name, others]).toEqual(["profile", "model.onnx", "--params", []]);
  expect(readFlags(z.object({ params: z.array(z.string()) }), { params: typed })).toEqual({ params });
});

it("what a terminal would obey, or show as another text than is there, is shown as its code", () => {
  for (const [name, stream] of [
    ["out", process.stdout],
    ["err", process.stderr],
  ] as const) {
    const write = vi.spyOn(stream, "write").mockReturnValue(true);
    try {
      processTerminal()[name]("layer\u001b[2J\u0007\u202egnp.exe\u2066\r\n");
      expect(write).toHaveBeenCalledExactlyOnceWith("layer\\u001b[2J\\u0007\\u202egnp.exe\\u2066\\u000d\n");
    } finally {
      write.mockRestore();
    }
  }
});
