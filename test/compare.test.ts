/** @thorough Pairs of profiles over seeds: half a minute. */

import { z } from "zod";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareResults, type NamedResult } from "../src/compare/compare-results.ts";
import { numbersOf } from "../src/compare/numbers-of.ts";
import { encodeSafetensors } from "../src/files/safetensors.ts";
import { load, profile } from "../src/index.ts";
import { INSTRUMENTS } from "../src/instruments/registry.ts";
import { profileResult, type ProfileResult } from "../src/instruments/profile-result.ts";
import { namedResult } from "../src/documents/named-result.ts";
import { decodeResult, type ResultDocument } from "../src/documents/result-kinds.ts";
import { sampleProfile } from "./sample-profile.ts";
import { runHere } from "./support/run-here.ts";

const DIGITS = new URL("../assets/digits.onnx", import.meta.url).pathname;
const OLD = new URL("fixtures/results-0.1.0/", import.meta.url).pathname;

let folder = "";
const at = (name: string) => join(folder, name);
const here = (args: readonly string[]) => runHere(args, folder);
const SMALL =
  "--data digits --limit 60 -q --exact-limit 0 --density-probes 1 --density-steps 20 --rescale 2 --top 2".split(" ");

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "thalweg-compare-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function compared(...args: readonly string[]): Promise<ResultDocument<"compare">> {
  const { code, out, err } = await here(["compare", ...args, "--json"]);
  expect(code, err).toBe(0);
  const document = decodeResult(out);
  if (document.schema !== "thalweg/compare@1") throw new Error(document.schema);
  return document;
}

/** Runs that are compared with each other; ten and more with COMPARE_SEEDS. */
const SEEDS = Number(process.env.COMPARE_SEEDS ?? 6);

const rowOf = ({ result }: ResultDocument<"compare">, name: string) => result.rows.find((row) => row.name === name);

describe("runs of one network that differ in the seed", () => {
  it(
    "differ in nothing that is bounded, and in what is sampled no more often than chance has it",
    { timeout: 240_000 },
    async () => {
      const problem = await load(DIGITS, { data: "digits", limit: 40 });
      const options = { exactLimit: 0, top: 2, bottom: 1, densityProbes: 2, densitySteps: 25, rescale: [2] };
      const results: NamedResult[] = [];
      for (let seed = 0; seed < SEEDS; seed++) {
        const { result } = await profile(problem, options, { seed });
        results.push(namedResult(`${seed}`, "", { ...sampleProfile, seed, result }));
      }
      await problem.close();
      let [comparisons, byChance] = [0, 0];
      results.forEach((one, i) => {
        for (const other of results.slice(0, i)) {
          const { rows, chance } = compareResults([other, one], { force: false, ignored: new Set() });
          comparisons += chance.comparisons;
          for (const { name, different, pairs } of rows.filter((row) => row.different === true)) {
            expect({ name, different, sampled: pairs[0].sampled }).toMatchObject({ sampled: true });
            byChance++;
          }
        }
      });
      // The 15 pairs of six runs depend on each other, so that the count scatters more than that of as many runs.
      expect(comparisons).toBeGreaterThan((8 * SEEDS * (SEEDS - 1)) / 2);
      expect(byChance / comparisons).toBeLessThan(2 * 0.05);
    },
  );
});

describe("the section of a number", () => {
  it("is that of the instrument that measures it", { timeout: 120_000 }, async () => {
    const problem = await load(DIGITS, { data: "digits", limit: 30, test: "digits" });
    const pathsOf = (result: ProfileResult, name: string) =>
      [...numbersOf(profileResult, z.encode(profileResult, result)).values()]
        .filter(({ instrument }) => instrument === name)
        .map(({ path }) => path);
    for (const { name } of INSTRUMENTS) {
      const { result } = await profile(problem, {
        only: name,
        exactLimit: 0,
        top: 2,
        bottom: 1,
        densityProbes: 1,
        densitySteps: 10,
        rescale: [2],
      });
      const foreign = [...numbersOf(profileResult, z.encode(profileResult, result)).values()].filter(
        ({ instrument }) => instrument !== name,
      );
      // Loss and length of the gradient are known to every run.
      expect(
        foreign.map(({ path }) => path).filter((path) => !["loss", "accuracy", "gradientNorm"].includes(path)),
        name,
      ).toEqual([]);
      if (name !== "attribution") expect(pathsOf(result, name).length, name).toBeGreaterThan(0);
    }
    await problem.close();
  });
});

describe("thalweg compare", () => {
  it("of two checkpoints, two precisions and an earlier version", { timeout: 240_000 }, async () => {
    const run = async (name: string, ...args: string[]) =>
      expect((await here(["profile", DIGITS, ...SMALL, ...args, "-o", name])).code).toBe(0);
    await run("a");
    await run("b", "--precision", "float64");
    const source = await load(DIGITS, { data: "digits", limit: 10 });
    const arrays = source.space.tensors.map(({ name, shape, offset, size }) => {
      const data = Float32Array.from(
        source.point.parameters.subarray(offset, offset + size),
        (x, i) => x * (1 + 0.5 * Math.sin(i)),
      );
      return [name, { dtype: "float32", shape, data }] as const;
    });
    await source.close();
    writeFileSync(at("other.safetensors"), encodeSafetensors(arrays));
    await run("c", "--weights", at("other.safetensors"));

    const precisions = await compared(at("a"), at("b"));
    expect(precisions.result).toMatchObject({ different: 0, sameWeights: true });
    expect(precisions.result.alike).toBeGreaterThan(40);
    expect(precisions).toMatchObject({ precision: null, data: { examples: 60 }, loss: { name: "cross-entropy" } });
    expect(rowOf(precisions, "hessian.negativeShare")).toMatchObject({
      different: null,
      why: expect.stringMatching(/zero ends at/),
    });
    expect(precisions.result.recipe.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["--precision", "precision"]),
    );

    const checkpoints = await compared(at("a"), join(at("c"), "result.json"));
    expect(checkpoints.result.sameWeights).toBe(false);
    for (const name of [
      "loss",
      "gradientNorm",
      "hessian.top[0]",
      "hessian.trace",
      "gaussNewton.trace",
      "noise.trace",
      "layers[hidden].trace",
      "layers[output].weightNorm",
    ])
      expect(rowOf(checkpoints, name), name).toMatchObject({ different: true });
    expect(rowOf(checkpoints, "flatness.measures[ball-sharpness]")).toMatchObject({ different: null });

    const three = await compared(at("a"), at("b"), at("c"));
    expect(rowOf(three, "hessian.top[0]")?.pairs.map(({ different }) => different)).toEqual([false, true, true]);

    const text = await here(["compare", at("a"), at("c"), "-o", at("written")]);
    expect(text.out.trimEnd().split("\n").length).toBeLessThanOrEqual(42);
    expect(text.out).toMatch(/numbers: \d+ differ, \d+ alike within the errors, \d+ cannot be told\./);
    expect(text.out).toMatch(/Different, the largest in units of its error first; × is B over A\n +\S/);
    expect(readdirSync(at("written"))).toEqual(expect.arrayContaining(["report.html", "result.json"]));
    expect(readFileSync(join(at("written"), "report.html"), "utf8")).toMatch(/numbers: \d+ differ/);
    const verbose = await here(["compare", at("a"), at("c"), "-v"]);
    expect(verbose.out).toMatch(/Length of the layer's weights, output/);
    expect(verbose.out).toMatch(/that of A is only a lower bound/);

    const only = ["--only", "loss,eigenvalues,trace", "--exact-limit", "0"];
    expect(
      (await here(["profile", DIGITS, "--data", "digits", "--limit", "1437", "-q", ...only, "-o", "now"])).code,
    ).toBe(0);
    const versions = await compared(join(OLD, "profile-digits.json"), at("now"));
    expect(versions.result.sameWeights).toBe(true);
    expect(rowOf(versions, "hessian.top[0]")).toMatchObject({ different: false });
    // The old version states no rounding of the loss.
    expect(rowOf(versions, "loss")).toMatchObject({ different: false, why: expect.stringMatching(/10 times over/) });
    expect(
      versions.result.rows.filter(
        ({ different, pairs }) => different === true && !pairs.some(({ sampled }) => sampled),
      ),
    ).toEqual([]);
    expect(rowOf(versions, "noise.trace")).toMatchObject({ different: null, why: "not measured in B" });
  });

  it.each(readdirSync(OLD).filter((name) => name.startsWith("profile-")))(
    "reads %s of 0.1.0, alike with itself",
    async (name) => {
      const { result } = await compared(join(OLD, name), join(OLD, name));
      expect(result.different).toBe(0);
      expect(result.rows.length).toBeGreaterThan(5);
    },
  );

  const REFUSED: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    ["nothing", [], 2, /Missing required argument 'RUN'/],
    ["one result", [`${OLD}profile-digits.json`], 2, /One result alone cannot be compared/],
    [
      "other data",
      [`${OLD}profile-digits.json`, `${OLD}profile-wine-float64.json`],
      3,
      /different data:\s+digits .* in A, .* in B.*--force/s,
    ],
    ["another kind", [`${OLD}profile-digits.json`, `${OLD}bench.json`], 3, /kind\s+"profile".*kind\s+"bench"/s],
    ["a missing file", [`${OLD}profile-digits.json`, "nope"], 3, /nope cannot be read: it does not exist/],
    ["a folder of no run", [`${OLD}profile-digits.json`, "."], 3, /without result\.json/],
    ["a model", [`${OLD}profile-digits.json`, DIGITS], 3, /digits\.onnx is not JSON/],
    ["half a file", [`${OLD}profile-digits.json`, "half.json"], 3, /half\.json is not JSON/],
    [
      "a later form",
      [`${OLD}profile-digits.json`, "later.json"],
      3,
      /later\.json is not a result.*its schema is\s+"thalweg\/profile@2"/s,
    ],
    ["another document", [`${OLD}profile-digits.json`, "any.json"], 3, /any\.json is not a result.*it has no schema/s],
  ];

  it.each(REFUSED)("refuses %s", async (_, args, code, message) => {
    const old = readFileSync(join(OLD, "profile-digits.json"), "utf8");
    writeFileSync(at("half.json"), old.slice(0, old.length / 2));
    writeFileSync(at("later.json"), old.replace("thalweg/profile@1", "thalweg/profile@2"));
    writeFileSync(at("any.json"), "[1]");
    const run = await here(["compare", ...args]);
    expect(run.err).toMatch(message);
    expect(run.code).toBe(code);
  });
});
