import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { RESULT_KINDS } from "../src/documents/result-kinds.ts";
import { commandLine } from "./support/command-line.ts";

const { at, here } = commandLine();

const drawing = z.object({
  data: z.object({ values: z.array(z.object({ value: z.number(), optimizer: z.string() })) }),
});

describe("the report of a race on a toy", () => {
  it("cuts off ways that diverge, so that the others are seen, and claims no checks", { timeout: 60_000 }, async () => {
    const optimizers = ["gd:0.5", "gd:0.01"];
    const asked = ["race", "quadratic:100:2", "--optimizers", optimizers.join(","), "--starts", "2", "--steps", "2000"];
    const run = await here([...asked, "-o", "race"]);
    expect(run.code, run.err).toBe(0);
    const { result } = RESULT_KINDS.race.parse(JSON.parse(readFileSync(at("race/result.json"), "utf8")));
    const [fast, slow] = result.optimizers;
    expect(fast.runs.map(({ end }) => end)).toEqual(["diverged", "diverged"]);
    expect(slow.runs.map(({ end }) => end)).toEqual(["reached", "reached"]);
    expect(Math.max(...fast.paths.flatMap(({ values }) => values))).toBeGreaterThan(1e12);
    const { values } = drawing.parse(JSON.parse(readFileSync(at("race/figures/value.vl.json"), "utf8"))).data;
    const highest = Math.max(...slow.paths.flatMap(({ values: each }) => each));
    expect(new Set(values.map(({ optimizer }) => optimizer))).toEqual(new Set(optimizers));
    expect(Math.max(...values.map(({ value }) => value))).toBeLessThanOrEqual(10 * highest);
    const page = readFileSync(at("race/report.html"), "utf8");
    expect(page).toContain("Ways that diverge are cut off where they are 10 times as high as all others.");
    expect(page).not.toContain("0 of 0 passed");
  });
});
