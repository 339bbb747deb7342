import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DOCUMENT_KINDS } from "../../src/documents/result-kinds.ts";
import { EXPERIMENTS } from "../../src/experiments/registry.ts";
import type { Experiment } from "../../src/runs/experiment.ts";
import { commandLine, floats } from "../support/command-line.ts";
import { MODEL, PLANNED as PLANNED_COMMANDS, SMALL as COMMANDS, writeOnes } from "../support/small-commands.ts";

const files = commandLine();
const { at, here, npz } = files;
const VERBS = [...new Set(EXPERIMENTS.map(({ name, verb = name }: Experiment) => verb))];
const answering = (verb: string): readonly Experiment[] =>
  EXPERIMENTS.filter((each: Experiment) => (each.verb ?? each.name) === verb);

const SMALL: Readonly<Record<string, readonly string[]>> = COMMANDS;
const PLANNED: Readonly<Record<string, readonly string[]>> = PLANNED_COMMANDS;

describe.each(VERBS)("the verb %s", (verb) => {
  const experiments = answering(verb);
  const isFile = experiments[0].writes.as === "file";

  it("has the flags that apply to what it asks for, and no others", async () => {
    const { out } = await here([verb, "--help"]);
    const has = (flag: string) => out.includes(`  ${flag} `) || out.includes(`  ${flag}\n`);
    const some = (holds: (each: Experiment) => boolean | undefined) => experiments.some((each) => holds(each) === true);
    expect({
      seed: has("--seed"),
      time: has("--time"),
      dryRun: has("--dry-run"),
      resume: has("--resume"),
      test: has("--test"),
    }).toEqual({
      seed: some(({ isRandom }) => isRandom),
      time: some(({ endsEarly }) => endsEarly),
      dryRun: some(({ hasPlan }) => hasPlan),
      resume: some(({ tasks }) => tasks.length > 0),
      test: some(({ readsHeldOut }) => readsHeldOut),
    });
    expect(out).toMatch(/-o, --out/);
  });

  it("says what it would cost, and measures and writes nothing, where it computes on data", async () => {
    if (!experiments[0].hasPlan) return;
    writeOnes(files);
    const run = await here([...PLANNED[verb], ...(isFile ? ["-o", "dry.out"] : []), "--dry-run", "--json"]);
    expect(run.code, run.err).toBe(0);
    const { seconds, instruments } = DOCUMENT_KINDS.plan.parse(JSON.parse(run.out));
    expect(seconds).toBeGreaterThan(0);
    expect(instruments.length).toBeGreaterThan(0);
    expect(existsSync(at("dry.out"))).toBe(false);
  });

  it("leaves a result with a report where it is told to, which is repeated number for number", async () => {
    writeOnes(files);
    const place = isFile ? `${verb}.out` : `${verb}-run`;
    const run = await here([...SMALL[verb], "-o", place, ...(isFile ? ["--json"] : [])]);
    expect(run.code, run.err).toBe(0);
    if (isFile) writeFileSync(at(`${verb}.json`), run.out);
    else {
      // No more digits than anybody reads: the JSON has them all.
      expect(run.out).not.toMatch(/\d\.\d{9}/);
      expect(readdirSync(at(place))).toEqual(expect.arrayContaining(["run.json", "result.json", "report.html"]));
      const { sections } = JSON.parse(readFileSync(at(place, "result.json"), "utf8"));
      for (const { title } of sections ?? [])
        expect(readFileSync(at(place, "report.html"), "utf8").replaceAll(/&[^;]+;/g, "")).toContain(
          title.replaceAll(/[&<>"']/g, ""),
        );
    }
    const again = await here(["run", isFile ? `${verb}.json` : place, "--json", "-q"]);
    expect(again.code, again.err).toBe(0);
    const { agree, shared } = DOCUMENT_KINDS.repeat.parse(JSON.parse(again.out));
    expect(shared).toBeGreaterThan(0);
    expect(agree).toBe(experiments[0].findsTimes === true ? null : true);
  });
});

describe("check", () => {
  it("that runs out of time names the checks that were not made, and does not pass", async () => {
    const run = await here(["check", ...MODEL, "--time", "1ms", "--json"]);
    expect(run.code, run.err).toBe(5);
    const { result } = DOCUMENT_KINDS.check.parse(JSON.parse(run.out));
    expect(result.passed).toBe(false);
    expect(result.checks.at(-1)).toMatchObject({
      passed: null,
      detail: expect.stringMatching(/time was spent.*a longer --time/),
    });
    const { out } = await here(["check", ...MODEL, "--time", "1ms"]);
    expect(out).toMatch(/\d+ of \d+ checks passed; \d+ could not be made\./);
    // What holds for many is said once.
    expect(out.replaceAll(/\s+/g, " ").match(/its time was spent/g)).toHaveLength(1);
  });
});

describe("held-out examples", () => {
  it("that the command line names are measured", async () => {
    const run = await here(["profile", ...MODEL, "--test", "digits", "--only", "held-out", "--json", "-q"]);
    expect(run.code, run.err).toBe(0);
    expect(DOCUMENT_KINDS.profile.parse(JSON.parse(run.out)).result.heldOut).toMatchObject({
      data: { examples: 1797 },
    });
  });
});

describe("a repeated result", () => {
  it("is refused where any file that was read is another now", async () => {
    writeOnes(files);
    const made = await here([...SMALL["apply"], "-o", "hv.npz", "--json"]);
    writeFileSync(at("hv.json"), made.out);
    npz("ones.npz", { "hidden.weight": floats([32, 64], () => 2) });
    const run = await here(["run", "hv.json"]);
    expect(run.code).toBe(3);
    expect(run.err.replaceAll(/\s+/g, " ")).toMatch(/ones\.npz is not what the result was measured on/);
  });
});
