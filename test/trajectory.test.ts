/** @thorough A training at the edge of stability: half a minute. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { ResultDocument } from "../src/documents/result-kinds.ts";
import { extremalEigenpairs } from "../src/estimators/extremal-eigenpairs.ts";
import { encodeSafetensors } from "../src/files/safetensors.ts";
import { openResult } from "../src/io/open-result.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { productOperator } from "../src/operators/problem-operators.ts";
import { hessianProduct } from "../src/problem/derivatives/hessian.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { trainChebyshev } from "./support/chebyshev-training.ts";
import { runHere } from "./support/run-here.ts";
import { thalweg } from "./support/spawn-node.ts";

type Trajectory = ResultDocument<"trajectory">["result"];

let folder = "";
const at = (...path: string[]) => join(folder, ...path);
const line = (args: readonly string[]) => ["trajectory", ...args, "--threads", "1", "-q"];
const run = (...args: string[]) => runHere(line(args), folder);

function resultIn(path: string): Trajectory {
  const { document } = openResult(at(path));
  if (document.schema !== "thalweg/trajectory@1") throw new Error(document.schema);
  return document.result;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "thalweg-trajectory-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Checkpoints of the run at the edge; the full desk is THALWEG_CHECKPOINTS=51 npx vitest run test/trajectory.test.ts */
const CHECKPOINTS = Number(process.env["THALWEG_CHECKPOINTS"] ?? 26);
const STEPS = 5000;
const EVERY = STEPS / (CHECKPOINTS - 1);

const FULL = ["full/m.onnx", "full/step-*", "--data", "full/d.npz", "--lr", "0.1", "--batch", "20"];

describe("a trajectory of full-batch gradient descent at the edge of stability", () => {
  beforeAll(async () => {
    await trainChebyshev(at("full"), { stepSize: 0.1, steps: STEPS, every: EVERY, seed: 1 });
  }, 120_000);

  it("has λmax at 2/η over the last third, in words, figures and report", async () => {
    const finished = await run(...FULL, "-o", "whole");
    expect(finished.code, finished.err).toBe(0);
    const { points, steps, optimizer } = resultIn("whole");
    expect(points.map(({ weights }) => weights).slice(0, 2)).toEqual([
      "full/step-000000.safetensors",
      `full/step-${String(EVERY).padStart(6, "0")}.safetensors`,
    ]);
    expect(points.length).toBe(CHECKPOINTS);
    expect(steps.length).toBe(CHECKPOINTS - 1);
    expect(optimizer.line).toMatchObject({ curvature: 20, formula: "2/η" });
    expect(optimizer.line?.says).toContain("full-batch");
    expect(Math.abs((optimizer.top?.mean ?? 0) - 1)).toBeLessThan(0.03);
    expect(finished.out.replaceAll(/\s+/g, " ")).toContain(
      `Over the last ${Math.ceil(CHECKPOINTS / 3)} of ${CHECKPOINTS} checkpoints λmax stays at the full-batch stability line 20:`,
    );
    const report = readFileSync(at("whole", "report.html"), "utf8");
    for (const title of ["Along the checkpoints", "Each checkpoint", "Each step"]) expect(report).toContain(title);
    const figures = readdirSync(at("whole", "figures")).filter((name) => name.endsWith(".svg"));
    expect(figures).toContain("together.svg");
    expect(figures).toContain("sharpness.svg");
    expect(figures).toContain("anatomy.svg");
  }, 240_000);

  it("has the λmax of fresh searches within residuals, at under half their products", async () => {
    const { points } = resultIn("whole");
    let fresh = 0;
    for (const { weights, top } of points) {
      const { problem, close } = await loadProblem(at("full/m.onnx"), {
        data: at("full/d.npz"),
        weights: at(weights),
        threads: 1,
      });
      const found = await extremalEigenpairs(
        productOperator(problem.point, hessianProduct),
        { largest: 1, smallest: 1, tolerance: 1e-4, blockSize: 1 },
        createRandom(5),
        {},
      );
      await close();
      expect(Math.abs(found.top[0].value - top[0].value)).toBeLessThanOrEqual(found.top[0].residual + top[0].residual);
      fresh += found.products;
    }
    const warm = points.reduce((sum, { searchProducts }) => sum + searchProducts, 0);
    expect(warm).toBeLessThan(0.5 * fresh);
  }, 120_000);

  it("adds up: each change is slope, curvature and remainder, and the loss of the next less that of this", () => {
    const { points, steps } = resultIn("whole");
    for (const [i, { change, slope, curvature, remainder, length, hill, critical }] of steps.entries()) {
      expect(change).not.toBeNull();
      expect((slope ?? 0) + (curvature ?? 0) + (remainder ?? Number.NaN)).toBeCloseTo(change ?? 0, 12);
      expect(points[i + 1].loss - points[i].loss).toBeCloseTo(change ?? 0, 12);
      expect(length).toBeGreaterThan(0);
      for (const share of [hill?.above, hill?.flat, hill?.below])
        expect((share?.upper ?? 0) - (share?.lower ?? 0)).toBeGreaterThanOrEqual(0);
      expect((hill?.above.lower ?? 0) + (hill?.flat.lower ?? 0) + (hill?.below.lower ?? 0)).toBeLessThanOrEqual(
        1 + 1e-9,
      );
      expect(critical.passes).toBeLessThanOrEqual(6);
      expect(critical.multiple === null).toBe(critical.reason !== null);
    }
  });

  it("comes out bit for bit in two workers, and after a task was lost", async () => {
    const few = ["full/m.onnx", "full/step-0000*", "full/step-0002*", "--data", "full/d.npz", "--chain", "4"];
    expect((await run(...few, "-o", "here")).code).toBe(0);
    const others = await thalweg(line([...few, "-o", "workers", "--executor", "workers:2"]), { cwd: folder });
    expect(others.code, others.err).toBe(0);
    expect(resultIn("workers")).toEqual(resultIn("here"));
    const [lost] = readdirSync(at("here", "tasks"));
    rmSync(at("here", "tasks", lost));
    const before = resultIn("here");
    const resumed = await runHere(["trajectory", "--resume", "here", "-q"], folder);
    expect(resumed.code, resumed.err).toBe(0);
    expect(resultIn("here")).toEqual(before);
    const again = await runHere(["run", "here"], folder);
    expect(again.code, again.out + again.err).toBe(0);
    expect(again.out).toMatch(/bit for bit/);
  }, 240_000);

  it("reads checkpoints that are ONNX files of the network", async () => {
    const written = await run(
      "full/m.onnx",
      "full/m.onnx",
      "full/step-000200.safetensors",
      "--data",
      "full/d.npz",
      "-o",
      "onnx",
    );
    expect(written.code, written.err).toBe(0);
    const [start] = resultIn("onnx").points;
    const { problem, close } = await loadProblem(at("full/m.onnx"), { data: at("full/d.npz"), threads: 1 });
    expect(start.loss).toBe((await problem.point.value()).loss);
    await close();
  }, 60_000);

  it("goes on past a checkpoint that diverged, and says what it refuses in a sentence", async () => {
    const { problem, close } = await loadProblem(at("full/m.onnx"), { data: at("full/d.npz"), threads: 1 });
    const diverged = problem.point.parameters.fill(Number.NaN, 0, 1);
    writeFileSync(
      at("full/diverged.safetensors"),
      encodeSafetensors([...problem.space.unflatten(diverged, "float64")]),
    );
    await close();
    const three = ["full/step-000000.safetensors", "full/diverged.safetensors", "full/step-000200.safetensors"];
    const gone = await run("full/m.onnx", ...three, "--data", "full/d.npz", "-o", "diverged");
    expect(gone.code, gone.err).toBe(5);
    const { points, steps, unmeasured } = resultIn("diverged");
    expect([points.length, steps.length]).toEqual([2, 0]);
    expect(unmeasured).toMatchObject([{ weights: three[1] }]);
    const refused = [
      [["full/m.onnx", "--data", "full/d.npz"], 2, /The checkpoints are missing/],
      [["full/m.onnx", "full/stop-*", "--data", "full/d.npz"], 3, /No file fits full\/stop-\*/],
      [["full/m.onnx", "full/d.npz", "--data", "full/d.npz"], 3, /lacks/],
      [["full/m.onnx", "full/diverged.safetensors", "--data", "full/d.npz"], 3, /NaN/],
      [["full/m.onnx", three[0], "--data", "full/d.npz", "--lr", "-1"], 2, /--lr/],
    ] as const;
    for (const [args, code, words] of refused) {
      const { code: found, err } = await run(...args);
      expect(found, args.join(" ")).toBe(code);
      expect(err.replaceAll(/\s+/g, " ")).toMatch(words);
    }
  }, 120_000);
});

describe("numbers of a trajectory beside PyTorch's", () => {
  it("are the same to rounding, within what they state where they were searched for or sampled", async () => {
    const own = (name: string) => fileURLToPath(new URL(`trajectory/${name}`, import.meta.url));
    const truth = figures.parse(JSON.parse(readFileSync(own("figures.json"), "utf8")));
    const asked = [
      own("m.onnx"),
      own("a.safetensors"),
      own("b.safetensors"),
      own("a.safetensors"),
      "--data",
      own("d.npz"),
      "--tol",
      "1e-7",
    ];
    const more = ["--batch", String(truth.batch), "--batches", "300", "--layers", "--trace-tolerance", "0.01"];
    const finished = await run(...asked, ...more, "--passes", "10", "-o", "torch");
    expect(finished.code, finished.err).toBe(0);
    const { points, steps } = resultIn("torch");
    expect(openResult(at("torch")).document.warnings.join()).toMatch(/a\.safetensors was named more than once/);
    expect(points).toHaveLength(2);
    for (const [i, expected] of truth.points.entries()) {
      const found = points[i];
      for (const key of ["loss", "gradientNorm", "gradientCurvature"] as const)
        expect(found[key] ?? Number.NaN).toBeCloseTo(expected[key], 12);
      expect(Math.abs(found.top[0].value - expected.top)).toBeLessThan(found.top[0].residual);
      expect(Math.abs(found.bottom[0].value - expected.bottom)).toBeLessThan(found.bottom[0].residual);
      for (const key of ["trace", "batchSharpness", "batchSharpnessWeighted"] as const) {
        const { lower = Number.NaN, upper = Number.NaN } = found[key]?.interval ?? {};
        expect(lower).toBeLessThanOrEqual(expected[key]);
        expect(upper).toBeGreaterThanOrEqual(expected[key]);
        expect((upper - lower) / 2).toBeLessThan(0.15 * Math.abs(expected[key]));
      }
      for (const { name, top } of found.layers ?? [])
        expect(Math.abs(top.value - expected.layers[name])).toBeLessThan(top.residual);
      expect(found.layers?.length).toBe(3);
    }
    const [{ hill, critical, ...step }] = steps;
    for (const key of ["length", "change", "slope", "curvature", "remainder"] as const)
      expect(step[key] ?? Number.NaN).toBeCloseTo(truth.step[key], 12);
    for (const key of ["above", "flat", "below"] as const) {
      expect(hill?.[key].lower).toBeLessThanOrEqual(truth.step[key] + 1e-9);
      expect(hill?.[key].upper).toBeGreaterThanOrEqual(truth.step[key] - 1e-9);
    }
    expect(Math.abs((critical.multiple ?? 0) - truth.step.multiple)).toBeLessThanOrEqual(critical.error ?? 0);
    expect(critical.error).toBeLessThan(0.01 * truth.step.multiple);
  }, 60_000);
});

describe("a trajectory of mini-batch SGD", () => {
  it("has its batch sharpness within a tenth of 2/η while λmax stays below", async () => {
    // The last third of 20 000 steps of PyTorch's SGD with batches of 10 of 20 examples (`trajectory/train.py`).
    const own = (name: string) => fileURLToPath(new URL(`trajectory/sgd/${name}`, import.meta.url));
    const asked = [own("m.onnx"), own("step-*"), "--data", own("d.npz"), "--lr", "0.2", "--batch", "10"];
    expect((await run(...asked, "--batches", "100", "-o", "sgd")).code).toBe(0);
    const { points } = resultIn("sgd");
    const ratio = (key: "batchSharpness" | "batchSharpnessWeighted") =>
      (points.reduce((sum, point) => sum + (point[key]?.value ?? Number.NaN), 0) / points.length) * 0.1;
    expect(Math.abs(ratio("batchSharpness") - 1)).toBeLessThan(0.1);
    expect(Math.abs(ratio("batchSharpnessWeighted") - 1)).toBeLessThan(0.03);
    for (const { top } of points) expect(top[0].value + top[0].residual).toBeLessThan(2 / 0.2);
  }, 240_000);
});

const numbers = z.object({
  loss: z.number(),
  gradientNorm: z.number(),
  gradientCurvature: z.number(),
  top: z.number(),
  bottom: z.number(),
  trace: z.number(),
  batchSharpness: z.number(),
  batchSharpnessWeighted: z.number(),
  layers: z.record(z.string(), z.number()),
});

const figures = z.object({
  batch: z.number(),
  points: z.array(numbers),
  step: z.object({
    length: z.number(),
    change: z.number(),
    slope: z.number(),
    curvature: z.number(),
    remainder: z.number(),
    above: z.number(),
    flat: z.number(),
    below: z.number(),
    multiple: z.number(),
  }),
});
