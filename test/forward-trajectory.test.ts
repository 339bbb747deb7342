import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { ResultDocument } from "../src/documents/result-kinds.ts";
import { openResult } from "../src/io/open-result.ts";
import { runHere } from "./support/run-here.ts";
import { thalweg } from "./support/spawn-node.ts";

// Networks without derivatives, and what NumPy and PyTorch say of them: `forward/generate.py`.
const own = (name: string) => join(fileURLToPath(new URL("forward", import.meta.url)), name);

const step = z.object({
  length: z.number(),
  change: z.number(),
  slope: z.number().optional(),
  quotient: z.number().optional(),
  multiple: z.number().optional(),
  sharpness: z.number().optional(),
  along: z.array(z.number()).optional(),
});
const truth = z
  .record(
    z.string(),
    z.object({
      points: z.array(z.object({ loss: z.number(), accuracy: z.number().optional() })),
      steps: z.array(step),
    }),
  )
  .parse(JSON.parse(readFileSync(own("figures.json"), "utf8")));

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "thalweg-forward-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const line = (args: readonly string[]) => ["trajectory", ...args, "--threads", "1", "-q"];
const run = (...args: string[]) => runHere(line(args), folder);
const runOutside = (...args: string[]) => thalweg(line(args), { cwd: folder });
const asked = (name: string) => [own(`${name}.onnx`), own(`${name}-?.npz`), "--data", own(`${name}-data.npz`)];

function resultIn(path: string): ResultDocument<"trajectory"> {
  const { document } = openResult(join(folder, path));
  if (document.schema !== "thalweg/trajectory@1") throw new Error(document.schema);
  return document;
}

async function measured(name: string, ...more: string[]) {
  const finished = await run(...asked(name), ...more, "-o", name);
  expect(finished.code, finished.err).toBe(0);
  return { ...resultIn(name), out: finished.out.replaceAll(/\s+/g, " ") };
}

describe("a trajectory of a graph without derivatives", () => {
  it("has the critical sharpness of a quadratic, dᵀHd/‖d‖², from forward passes alone", async () => {
    const { result, checks, out } = await measured("quadratic");
    const { points, steps } = truth["quadratic"];
    expect(out).toMatch(/ExpandDims expand .* is not read\. The file itself was run, which gives losses alone/);
    expect(checks).toMatchObject([{ name: "determinism", passed: true }]);
    expect(result.withoutDerivatives).toMatch(/ExpandDims/);
    expect(result.points.map(({ loss }) => loss)).toHaveLength(3);
    result.points.forEach((each, i) => {
      expect(Math.abs(each.loss - points[i].loss)).toBeLessThan(1e-13);
      expect(each).toMatchObject({ gradientNorm: null, top: [], bottom: [], trace: null, products: 0 });
    });
    result.steps.forEach(({ length, change, curvature, hill, slope, critical }, i) => {
      expect({ curvature, hill }).toEqual({ curvature: null, hill: null });
      expect(Math.abs(length - steps[i].length)).toBeLessThan(1e-13);
      expect(Math.abs((change ?? 0) - steps[i].change)).toBeLessThan(1e-13);
      expect(Math.abs((slope ?? 0) - (steps[i].slope ?? 0))).toBeLessThan(1e-12);
      expect(Math.abs((critical.sharpness ?? 0) / (steps[i].quotient ?? 0) - 1)).toBeLessThan(1e-11);
      expect(Math.abs((critical.sharpness ?? 0) - (steps[i].quotient ?? 0))).toBeLessThan(critical.sharpnessError ?? 0);
    });
    expect(result.steps[1].cosine).toBeGreaterThan(0.9);
  }, 60_000);

  it("has losses and critical sharpness of PyTorch within the errors that it states, in float32", async () => {
    const { result } = await measured("determinant");
    const { points, steps } = truth["determinant"];
    result.points.forEach(({ loss, lossRounding }, i) =>
      expect(Math.abs(loss - points[i].loss)).toBeLessThanOrEqual(lossRounding),
    );
    result.steps.forEach(({ slope, slopeError, critical }, i) => {
      const { multiple, error, sharpness, sharpnessError } = critical;
      const expected = { multiple: 0, sharpness: 0, slope: 0, ...steps[i] };
      expect(Math.abs((multiple ?? 0) - expected.multiple)).toBeLessThanOrEqual(error ?? 0);
      expect(Math.abs((slope ?? 0) - expected.slope)).toBeLessThanOrEqual(slopeError ?? 0);
      expect(Math.abs((sharpness ?? 0) - expected.sharpness)).toBeLessThanOrEqual(sharpnessError ?? 0);
      expect(sharpnessError).toBeLessThan(0.15 * expected.sharpness);
    });
  }, 60_000);

  it("encloses the critical step of a network whose weights are rounded, and has 2/(ηt)", async () => {
    const { result } = await measured("quantised", "--lr", "0.5", "--passes", "8");
    const { points, steps } = truth["quantised"];
    result.points.forEach(({ loss, accuracy }, i) => {
      expect(Math.abs(loss - points[i].loss)).toBeLessThan(2e-6);
      expect(accuracy).toBeCloseTo(points[i].accuracy ?? Number.NaN, 12);
    });
    const found = result.steps.filter(({ critical: { multiple } }) => multiple !== null);
    expect(found.length).toBeGreaterThanOrEqual(3);
    for (const { from, critical } of found) {
      const { along = [] } = steps[result.steps.findIndex((each) => each.from === from)];
      const { multiple, error, sharpnessByRate } = critical;
      // NumPy has the loss at every quarter of the step: below before the bracket, above behind it.
      expect(along[Math.floor(4 * ((multiple ?? 0) - (error ?? 0)))]).toBeLessThan(0);
      expect(along[Math.ceil(4 * ((multiple ?? 0) + (error ?? 0)))]).toBeGreaterThan(0);
      expect(sharpnessByRate).toBeCloseTo(2 / (0.5 * (multiple ?? 0)), 12);
    }
  }, 60_000);

  it("comes out bit for bit in workers, however it is cut into chains", async () => {
    const there = await runOutside(...asked("determinant"), "--chain", "1", "--executor", "workers:2", "-o", "workers");
    expect(there.code, there.err).toBe(0);
    expect(resultIn("workers").result).toEqual(resultIn("determinant").result);
  }, 120_000);

  it("is refused where the file as it is would be another", async () => {
    writeFileSync(join(folder, "copy.onnx"), readFileSync(own("determinant.onnx")));
    const data = ["--data", own("determinant-data.npz")];
    const refused = [
      [[...asked("determinant"), "--precision", "float64"], 3, /ExpandDims expand .* is not read/],
      [[own("determinant.onnx"), "copy.onnx", ...data], 3, /cannot be told, since its graph cannot be read/],
      [[own("determinant.onnx"), own("quantised-0.npz"), ...data], 3, /has the shape|lacks/],
    ] as const;
    for (const [args, code, words] of refused) {
      const finished = await run(...args);
      expect(finished.code, args.join(" ") + finished.err).toBe(code);
      expect(finished.err.replaceAll(/\s+/g, " ")).toMatch(words);
    }
  }, 120_000);
});
