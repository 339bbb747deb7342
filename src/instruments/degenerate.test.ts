import { describe, expect, it } from "vitest";
import { z } from "zod";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { meanSquaredError } from "../problem/losses/mean-squared-error.ts";
import type { Problem } from "../problem/problem.ts";
import { createRandom, type RandomStream } from "../random/random-stream.ts";
import { profileResult } from "./profile-result.ts";
import { denseProblem } from "../../test/support/dense-problem.ts";
import { gradientInstrument } from "./gradient.ts";
import { judge as judgeQuestion } from "./judge-verdict.ts";
import { runProfile } from "./profile.ts";
import { runChecks } from "./run-checks.ts";
import { readingsOf, resultWith } from "../../test/support/result-with.ts";

const random = createRandom(21);

/** Normal numbers that float32 holds exactly, so that both precisions have the same network. */
const numbers = (stream: RandomStream, count: number) => [...stream.normalVector(count)].map(Math.fround);

/** A classifier that is nearly certain of its class: 1 − p is 3e-5. */
function certain(x: number[][], precision: "float32" | "float64"): Problem {
  const stream = random.split("certain");
  return denseProblem(
    [
      {
        name: "one",
        inputs: 8,
        weights: numbers(stream, 64),
        bias: numbers(stream, 8),
        activation: "Tanh",
      },
      { name: "two", inputs: 8, weights: numbers(stream, 24), bias: [12, 0, 0] },
    ],
    x,
    x.map(() => 0),
    crossEntropy,
    { precision },
  );
}

const row = numbers(random.split("row"), 8);

async function everything(problem: Problem) {
  const { result } = await runProfile(problem, { exactLimit: 0 }, createRandom(0), {});
  const checks = await runChecks(problem, "every-run", createRandom(0), {});
  await problem.close();
  z.encode(profileResult, result);
  const texts = result.sections.flatMap(({ readings, means }) => [
    means,
    ...(readings ?? []).map(({ value }) => value),
  ]);
  texts.push(...result.verdicts.map(({ text }) => text));
  expect(texts.filter((text) => /NaN/.test(text))).toEqual([]);
  return {
    result,
    open: result.sections.filter(({ status }) => status === "failed" || status === "not-converged"),
    failed: checks.filter(({ passed }) => !passed),
  };
}

describe("degenerate data", () => {
  it.each(["float32", "float64"] as const)("fifty times the same example, in %s", async (precision) => {
    const { result, open, failed } = await everything(
      certain(
        Array.from({ length: 50 }, () => row),
        precision,
      ),
    );
    expect(open).toEqual([]);
    expect(failed).toEqual([]);
    expect(result.noise).toMatchObject({ trace: { value: 0 }, criticalBatchSize: null, alignment: null });
    expect(result.gradient?.relativeToNoise).toBeNull();
  });

  it.each(["float32", "float64"] as const)("one example, in %s", async (precision) => {
    const { result, open, failed } = await everything(certain([row], precision));
    expect(open).toEqual([]);
    expect(failed).toEqual([]);
    expect(result.gradient?.relativeToNoise).toBeNull();
    expect(result.verdicts.filter(({ instrument }) => instrument === "gradient")).toEqual([]);
  });

  it("inputs that are all zero", async () => {
    const zeros = Array.from({ length: 20 }, () => new Array<number>(8).fill(0));
    const { open, failed } = await everything(certain(zeros, "float64"));
    expect(open).toEqual([]);
    expect(failed).toEqual([]);
  });

  it.each(["float32", "float64"] as const)("a regression that is fitted exactly, in %s", async (precision) => {
    const x = Array.from({ length: 40 }, (_, i) =>
      [...random.split(`x${i}`).normalVector(3)].map((v) => Math.round(8 * v) / 8),
    );
    const [a, b] = [
      [0.5, -1, 0.25, 0.75, 1, -0.5],
      [1, -0.5],
    ];
    const y = x.map((each) => [
      b.reduce((sum, w, j) => sum + w * each.reduce((s, value, i) => s + value * a[2 * i + j], 0), 0),
    ]);
    const layers = [
      { name: "a", inputs: 3, weights: a },
      { name: "b", inputs: 2, weights: b },
    ];
    const { result, open, failed } = await everything(denseProblem(layers, x, y, meanSquaredError, { precision }));
    expect(open).toEqual([]);
    expect(failed).toEqual([]);
    expect(result.gradientNorm).toBe(0);
    expect(result.noise?.criticalBatchSize).toBeNull();
    expect(readingsOf("noise", result).find(({ label }) => label === "Critical batch size")).toMatchObject({
      value: "n/a",
      note: "none: the examples' gradients are below the rounding of their computation",
    });
    const texts = result.verdicts.map(({ level, instrument, text }) => `${level} ${instrument}: ${text}`);
    expect(texts).toContainEqual(expect.stringMatching(/pass gradient: .*exactly zero/));
    expect(texts.filter((text) => text.includes("no step of gradient descent moves it"))).toEqual([]);
  });
});

describe("a Hessian that cancellation left over, in float32", () => {
  it("has eigenvalues, trace and norm that lie within what they say", async () => {
    const found = [];
    for (const precision of ["float32", "float64"] as const) {
      const problem = certain([row], precision);
      const options = { only: "eigenvalues,trace", top: 3, bottom: 2 };
      found.push((await runProfile(problem, options, createRandom(0), {})).result.hessian);
      await problem.close();
    }
    const [narrow, wide] = found;
    for (const end of ["top", "bottom"] as const)
      for (const [i, { value, residual }] of (narrow[end] ?? []).entries())
        expect(Math.abs(value - (wide[end]?.[i].value ?? NaN))).toBeLessThanOrEqual(residual);
    for (const name of ["trace", "frobenius"] as const) {
      const { value, rounding = 0 } = narrow[name] ?? { value: NaN };
      expect(Math.abs(value - (wide[name]?.value ?? NaN))).toBeLessThanOrEqual(rounding);
    }
  });
});

describe("the verdict about a critical point", () => {
  const judge = (examples: number, relative: number, excess: number) => {
    // tr Σ = 1, so that a single gradient is √(1 + ‖g‖²) long; the noise fills 50 directions alike.
    const noiseFloor = 1 / Math.sqrt(examples);
    const norm = relative * noiseFloor;
    const gradient = {
      norm,
      perExample: norm / Math.hypot(1, norm),
      noiseFloor,
      relativeToNoise: relative,
      rounding: 1e-12,
      evidence: {
        excess,
        resolved: excess > 2,
        fitted: excess < -4,
        longest: Math.sqrt(Math.max(0, relative ** 2 - 1) + 0.4) * noiseFloor,
      },
      topSubspaceShare: 0.5,
      topSubspaceDimension: 5,
      newtonDecrement: 0.1,
      tensors: [],
    };
    return gradientInstrument
      .verdicts(resultWith({ gradient }))
      .flatMap(judgeQuestion)
      .map(({ level, text }) => `${level}: ${text}`);
  };

  it("is a note where the examples are too few to tell", () => {
    expect(judge(20, 1, 0)).toEqual([expect.stringMatching(/^note: .*more of them are needed/)]);
    expect(judge(20, 1.1, 1)).toEqual([expect.stringMatching(/^note: .*more of them are needed/)]);
  });

  it("passes where the gradient is known to be small, and says under which condition", () => {
    expect(judge(2000, 1.05, 0.5)).toEqual([
      expect.stringMatching(
        /^pass: .*critical for the population, as far as these data can tell, unless the weights were fitted/,
      ),
    ]);
  });

  it("says nothing of a population where the gradient is shorter than fresh examples would leave it", () => {
    expect(judge(2000, 0.1, -5)).toEqual([expect.stringMatching(/^note: .*these examples alone/)]);
  });

  it("says that there is a slope where it stands out of the noise", () => {
    expect(judge(20, 1.5, 6)).toEqual([expect.stringMatching(/^note: .*not critical/)]);
  });
});

describe("a loss that float32 leaves of a cancellation", () => {
  it("is shown with no digit that rounding may have changed", async () => {
    // Outputs and targets near 10⁴, their difference near 1.
    const stream = random.split("offset");
    const x = Array.from({ length: 40 }, () => numbers(stream, 2));
    const y = x.map(([a]) => [Math.fround(10_000 + Math.sin(a))]);
    const weights = numbers(stream, 2);
    const measure = async (precision: "float32" | "float64") => {
      const problem = denseProblem([{ name: "one", inputs: 2, weights, bias: [10_000] }], x, y, meanSquaredError, {
        precision,
      });
      const { result } = await runProfile(problem, { only: "loss" }, createRandom(0), {});
      await problem.close();
      return result;
    };
    const [single, exact] = [await measure("float32"), await measure("float64")];
    expect(Math.abs(single.loss - exact.loss)).toBeGreaterThan(1e-6 * exact.loss);
    expect(Math.abs(single.loss - exact.loss)).toBeLessThan(single.lossRounding ?? 0);
    expect(single.lossRounding).toBeLessThan(0.2 * exact.loss);
    expect(exact.lossRounding).toBeLessThan(1e-9 * exact.loss);
  });
});
