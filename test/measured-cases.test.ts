/** @thorough Estimates on cases of known answers: half a minute. */

import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runProfile } from "../src/instruments/profile.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { crossEntropy } from "../src/problem/losses/cross-entropy.ts";
import { meanSquaredError } from "../src/problem/losses/mean-squared-error.ts";
import { createRandom } from "../src/random/random-stream.ts";
import type { ProfileResult } from "../src/instruments/profile-result.ts";
import { denseProblem } from "./support/dense-problem.ts";
import { readingsOf } from "./support/result-with.ts";

/*
 * Numbers and intervals that were once wrong, with what is right: closed forms, exact arithmetic, or the dense
 * spectrum of an independent program in float64.
 */

async function profiled(name: string, loss: string, options: Readonly<Record<string, unknown>>) {
  const file = (extension: string) => fileURLToPath(new URL(`cases/${name}.${extension}`, import.meta.url));
  const loaded = await loadProblem(file("onnx"), { data: file("npz"), loss, threads: 1 });
  try {
    return (await runProfile(loaded.problem, options, createRandom(0), {})).result;
  } finally {
    await loaded.close();
  }
}

const criticalBatch = (result: ProfileResult) =>
  readingsOf("noise", result).find(({ label }) => label === "Critical batch size");

/** Outputs 0 at weights 0, y = wᵀx + e: tr Σ/‖∇L‖² is d + 1 + d/‖w‖². */
function linearModel(seed: number, dimension: number, b: number) {
  const random = createRandom(seed).split("population");
  const w = Math.sqrt(dimension / (b - dimension - 1));
  const x = Array.from({ length: 400 }, () => [...random.normalVector(dimension)]);
  const y = x.map((row) => [w * row[0] + random.normal()]);
  const layers = [{ name: "w", inputs: dimension, weights: Array.from({ length: dimension }, () => 0) }];
  return denseProblem(layers, x, y, meanSquaredError, { batchSize: 400 });
}

describe("the critical batch size", () => {
  /** Data sets of a population; 20 are the full measurement. */
  const sets = Number(process.env.COVERAGE_SEEDS ?? 6);

  test.each([200, 1000, 10_000])("of a population where it is %s is inside the interval", async (b) => {
    let held = 0;
    for (let seed = 0; seed < sets; seed++) {
      const problem = linearModel(seed, 50, b);
      const { result } = await runProfile(problem, { only: "noise" }, createRandom(seed), {});
      await problem.close();
      const { interval } = result.noise?.criticalBatchSize ?? {};
      if (interval && interval.lower > 0 && interval.lower <= b && b <= interval.upper) held++;
    }
    expect(held).toBeGreaterThanOrEqual(sets - Math.ceil(sets / 10));
  });

  test("of one of twenty data sets of which none or half were once covered", async () => {
    const { noise } = await profiled("trust-02/bsim", "mse", { only: "noise" });
    const { interval } = noise?.criticalBatchSize ?? {};
    expect(interval?.lower).toBeLessThan(200);
    expect(interval?.upper).toBeGreaterThan(1000 / 3);
  });

  test.each(["b9", "b9f32"])(
    "is n/a where every gradient is rounding: a teacher at its own labels (%s)",
    async (name) => {
      const result = await profiled(`trust-06/${name}`, "mse", { only: "loss,gradient,noise" });
      expect(result.noise?.criticalBatchSize).toBeNull();
      expect(criticalBatch(result)).toMatchObject({ value: "n/a", note: expect.stringMatching(/below the rounding/) });
      expect(result.verdicts.map(({ text }) => text).join(" ")).not.toMatch(/not critical|sampling error/);
      expect(result.gradient?.relativeToNoise).toBeNull();
    },
  );

  test("of data that the weights were fitted to has no interval of many decades, and no cosine is above 1", async () => {
    const result = await profiled("trust-12/b22", "mse", { only: "noise,spectrum" });
    const { noise } = result;
    expect(noise?.criticalBatchSize).toMatchObject({ about: "sample", standardError: 0 });
    const { lower = 0, upper = 0 } = noise?.criticalBatchSize?.interval ?? {};
    expect(lower).toBeGreaterThan(9e6);
    expect(upper / lower).toBeLessThan(1.01);
    const cosine = noise?.alignment?.cosine;
    expect(cosine?.value).toBeLessThanOrEqual(1);
    expect(cosine?.interval?.upper).toBeLessThanOrEqual(1);
  });

  test("at the optimum of a ridge regression is none: the whole gradient is zero, though that of the data is not", async () => {
    const random = createRandom(3);
    const l2 = 0.5;
    const x = Array.from({ length: 200 }, () => [random.normal()]);
    const y = x.map(([value]) => [2 * value + random.normal()]);
    // ½λw² + mean (wx − y)²: w = 2 Σxy/n / (2 Σx²/n + λ).
    const mean = (f: (i: number) => number) => x.reduce((sum, _, i) => sum + f(i), 0) / x.length;
    const w = (2 * mean((i) => x[i][0] * y[i][0])) / (2 * mean((i) => x[i][0] ** 2) + l2);
    const problem = denseProblem([{ name: "w", inputs: 1, weights: [w] }], x, y, meanSquaredError, { l2 });
    const { result } = await runProfile(problem, { only: "gradient,noise" }, createRandom(0), {});
    await problem.close();
    expect(result.noise?.trace.value).toBeGreaterThan(1);
    expect(result.noise?.criticalBatchSize).toBeNull();
    expect(criticalBatch(result)?.note).toMatch(/gradient is zero up to rounding/);
    expect(result.verdicts[0]?.text).toMatch(/zero up to rounding/);
  });

  test("does not count examples whose labels are all ignored, and is that of sum and mean alike", async () => {
    const random = createRandom(4);
    const weights = [...random.normalVector(12)];
    const x = Array.from({ length: 120 }, () => [...random.normalVector(4)]);
    const y = x.map((_, i) => i % 3);
    const layers = [{ name: "w", inputs: 4, weights }];
    const ignored = [...x, ...x.slice(0, 60)];
    const problems = [
      denseProblem(layers, x, y, crossEntropy),
      denseProblem(layers, ignored, [...y, ...Array.from({ length: 60 }, () => -100)], crossEntropy),
      denseProblem(layers, x, y, crossEntropy, { reduction: "sum" }),
    ];
    const sizes = [];
    for (const problem of problems) {
      const { result } = await runProfile(problem, { only: "noise" }, createRandom(0), {});
      await problem.close();
      sizes.push(result.noise?.criticalBatchSize);
    }
    for (const size of sizes.slice(1)) {
      expect(size?.value).toBeCloseTo(sizes[0]?.value ?? 0, 6);
      expect(size?.interval.lower).toBeCloseTo(sizes[0]?.interval.lower ?? 0, 4);
    }
  });
});

describe("counts of the spectrum", () => {
  test("of an attention block are held by the intervals of the sampled route", async () => {
    const { hessian } = await profiled("trust-09/attn64", "cross-entropy", { only: "spectrum", exactLimit: 0 });
    const { interval, zeroShare, zeroInterval } = hessian.negativeShare ?? {};
    expect(interval?.lower).toBeLessThanOrEqual(0.28);
    expect(interval?.upper).toBeGreaterThanOrEqual(0.28);
    expect(zeroShare).toBeNull();
    expect(zeroInterval?.lower).toBeLessThanOrEqual(0.184);
    expect(zeroInterval?.upper).toBeGreaterThanOrEqual(0.184);
  });

  test("of a linear regression of rank 60 in 1200 parameters, sampled and whole", async () => {
    const random = createRandom(6);
    const x = Array.from({ length: 60 }, () => [...random.normalVector(1200)]);
    const y = x.map(() => [random.normal()]);
    const layers = [{ name: "w", inputs: 1200, weights: [...random.normalVector(1200)] }];
    for (const exactLimit of [0, 1200]) {
      const problem = denseProblem(layers, x, y, meanSquaredError);
      const { result } = await runProfile(problem, { only: "spectrum", exactLimit }, createRandom(0), {});
      await problem.close();
      const { zeroShare, zeroInterval, interval } = result.hessian.negativeShare ?? {};
      expect(zeroInterval?.lower).toBeLessThanOrEqual(1140 / 1200);
      expect(zeroInterval?.upper).toBeGreaterThanOrEqual(1140 / 1200);
      expect(Math.abs((zeroShare ?? 0) - 1140 / 1200)).toBeLessThan(exactLimit === 0 ? 0.03 : 1e-12);
      expect(interval?.lower).toBe(0);
    }
  });

  test("a condition number over eigenvalues that rounding leaves without sign is a bound", async () => {
    const { hessian } = await profiled("trust-09/attn64", "cross-entropy", { only: "spectrum" });
    expect(hessian.condition?.bound).toBe("lower bound");
    expect(hessian.negativeShare?.zeroShare).toBeCloseTo(0.184, 2);
    expect(hessian.negativeShare?.value).toBeCloseTo(0.28, 2);
  });
});

describe("adaptive sharpness", () => {
  test.each(["zhead", "b4"])("is 0 where no weight that matters may move (%s)", async (name) => {
    const { flatness } = await profiled(`trust-08/${name}`, "cross-entropy", { only: "flatness" });
    const measure = flatness?.measures.find(({ name: each }) => each === "adaptive-sharpness");
    expect(measure?.value).toBe(0);
    expect(measure?.predicted).toBe(0);
  });
});
