import { afterAll, describe, expect, test } from "vitest";
import { runProfile } from "../src/instruments/profile.ts";
import { runChecks } from "../src/instruments/run-checks.ts";
import type { ProfileResult } from "../src/instruments/profile-result.ts";
import { matmul } from "../src/ops/matmul.ts";
import { meanSquaredError } from "../src/problem/losses/mean-squared-error.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { array, buildProblem, type ProblemParts } from "./support/build-problem.ts";

/*
 * Least squares whose inputs are a and whose residuals are b times others: the loss is b² times as large, gradients ab, their
 * squares and Σ a²b², curvature a². What is a ratio of these is the same at every scale. Squares leave the range of float32 long
 * before the numbers do.
 */

const [EXAMPLES, INPUTS] = [24, 4];
type Precision = "float32" | "float64";

interface Scales {
  readonly inputs: number;
  readonly residuals: number;
  readonly precision: Precision;
  /** How many times as long as the others the input of the first example is. */
  readonly longest?: number;
}

/** The numbers of least squares, by their definitions, in units of their scales: squares of these are numbers. */
interface Truth {
  readonly loss: number;
  readonly gradient: number;
  readonly curvature: number;
  readonly noise: number;
}

function leastSquares({ inputs, residuals, precision, longest = 1 }: Scales): { parts: ProblemParts; truth: Truth } {
  const random = createRandom(3);
  const held = (x: number) => (precision === "float32" ? Math.fround(x) : x);
  const rows = (i: number) => i * INPUTS;
  const x = random
    .split("x")
    .normalVector(EXAMPLES * INPUTS)
    .map((value, k) => held(value * inputs * (k < INPUTS ? longest : 1)));
  // Outputs of the size of the residuals: nothing cancels.
  const w = random
    .split("w")
    .normalVector(INPUTS)
    .map((value) => held((value * residuals) / inputs / longest));
  const outputs = Float64Array.from({ length: EXAMPLES }, (_, i) =>
    w.reduce((sum, each, j) => sum + each * x[rows(i) + j], 0),
  );
  const noise = random.split("residuals").normalVector(EXAMPLES);
  const y = outputs.map((z, i) => held(z + residuals * noise[i]));
  const gradients = Array.from({ length: EXAMPLES }, (_, i) =>
    Array.from({ length: INPUTS }, (_each, j) => 2 * ((outputs[i] - y[i]) / residuals) * (x[rows(i) + j] / inputs)),
  );
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = (values: readonly number[]) => values.reduce((sum, value) => sum + value ** 2, 0);
  const average = Array.from({ length: INPUTS }, (_, j) => mean(gradients.map((g) => g[j])));
  const parts: ProblemParts = {
    x: array([EXAMPLES, INPUTS], x),
    y: array([EXAMPLES, 1], y),
    parameters: { w: array([INPUTS, 1], w) },
    build: (input, p) => matmul(input, p.w),
    loss: meanSquaredError,
  };
  const truth = {
    loss: mean(Array.from(outputs, (z, i) => ((z - y[i]) / residuals) ** 2)),
    gradient: Math.sqrt(square(average)),
    curvature: (2 * square(Array.from(x, (value) => value / inputs))) / EXAMPLES,
    noise: mean(gradients.map((g) => square(g.map((value, j) => value - average[j])))),
  };
  return { parts, truth };
}

const OPTIONS = { only: "loss,eigenvalues,trace,gauss-newton,gradient,noise" };

/** What does not hang on the scales. */
function ratios({ noise, hessian }: ProfileResult): Record<string, number | null | undefined> {
  const size = noise?.criticalBatchSize;
  return {
    "tr Σ/‖g‖²": size?.sample,
    "critical batch size": size?.value,
    "its lower end": size?.interval.lower,
    "its upper end": size?.interval.upper,
    "directions that the noise fills": noise?.effectiveDirections,
    "cosine of Σ and H": noise?.alignment?.cosine.value,
    "shared subspace": noise?.alignment?.subspaceOverlap,
    "share of a tenth of the examples": noise?.norms?.shareOfTopTenth,
    "stable rank": hessian.effectiveRank?.frobenius,
  };
}

const unscaled = new Map<string, Promise<ProfileResult>>();
function resultOfUnscaled(precision: Precision, longest: number): Promise<ProfileResult> {
  const key = `${precision} ${longest}`;
  const known = unscaled.get(key) ?? profiled({ inputs: 1, residuals: 1, precision, longest });
  unscaled.set(key, known);
  return known;
}

async function profiled(scales: Scales): Promise<ProfileResult> {
  const { parts } = leastSquares(scales);
  await using problem = buildProblem(parts, { precision: scales.precision });
  const { result } = await runProfile(problem, OPTIONS, createRandom(0), {});
  return result;
}
afterAll(() => unscaled.clear());

const WIDE: readonly (readonly [number, number, number])[] = [
  [1e-30, 1e-30, 1],
  [1e30, 1e30, 1],
  [1e-30, 1e30, 1],
  [1e30, 1e-30, 1e6],
];
const NARROW: readonly (readonly [number, number, number])[] = [
  // A loss of 4e19, and one of 1e-22.
  [1, 6.3e9, 1],
  [1, 1e-11, 1],
  // Gradients whose squares are 1e38 and more, or 1e-38 and less.
  [1e10, 1e10, 1],
  [1e-12, 1e-10, 1],
  // Curvature that float32 has not.
  [1e20, 1, 1],
  [1e-20, 1, 1],
  [1e-30, 1, 1],
  // One example among others that are short.
  [1, 1, 1e6],
  [1e6, 1e8, 1e6],
  [1e-8, 1e-8, 1e6],
];

describe("every number is right at its scale", () => {
  test.each([
    ...WIDE.map(([inputs, residuals, longest]): Scales => ({ inputs, residuals, precision: "float64", longest })),
    ...NARROW.map(([inputs, residuals, longest]): Scales => ({ inputs, residuals, precision: "float32", longest })),
  ])("$precision: inputs $inputs, residuals $residuals, one example $longest times", async (scales) => {
    const { inputs, residuals, precision, longest = 1 } = scales;
    const { parts, truth } = leastSquares(scales);
    await using problem = buildProblem(parts, { precision });
    const { result, checks, faults } = await runProfile(problem, OPTIONS, createRandom(0), {});
    expect(faults).toEqual([]);
    expect(
      [...checks, ...(await runChecks(problem, "all", createRandom(1), {}))].filter(({ passed }) => passed === false),
    ).toEqual([]);
    expect(result.sections.filter(({ status }) => status !== "measured")).toEqual([]);
    const limit = precision === "float32" ? 1e-5 : 1e-12;
    const gradients = inputs * residuals;
    const pairs: readonly (readonly [string, number, number])[] = [
      ["loss", result.loss / residuals / residuals, truth.loss],
      ["gradient", result.gradientNorm / gradients, truth.gradient],
      ["tr H", (result.hessian.trace?.value ?? Number.NaN) / inputs / inputs, truth.curvature],
      ["tr G", (result.gaussNewton?.trace?.value ?? Number.NaN) / inputs / inputs, truth.curvature],
      ["tr Σ", (result.noise?.trace.value ?? Number.NaN) / gradients / gradients, truth.noise],
    ];
    expect(pairs.filter(([, value, right]) => !(Math.abs(value / right - 1) < limit))).toEqual([]);
    const others = ratios(await resultOfUnscaled(precision, longest));
    const apart = Object.entries(ratios(result)).filter(([name, value]) => {
      const other = others[name];
      return !(value === other || Math.abs(Number(value) / Number(other) - 1) < 10 * limit);
    });
    expect(apart).toEqual([]);
  });
});

test("a loss below all numbers of float32 is 0 within its error, and so is what is made of such gradients", async () => {
  const [inputs, residuals] = [1e-20, 1e-30];
  const { parts, truth } = leastSquares({ inputs, residuals, precision: "float32" });
  await using problem = buildProblem(parts, { precision: "float32" });
  const { result, checks } = await runProfile(problem, { only: "loss,gradient,lines,noise" }, createRandom(0), {});
  expect(checks.filter(({ passed }) => passed === false)).toEqual([]);
  expect(Math.abs(result.loss - truth.loss * residuals ** 2)).toBeLessThan(result.lossRounding ?? 0);
  expect(result.gradientNorm / inputs / residuals / truth.gradient).toBeCloseTo(1, 5);
  expect(result.noise?.trace.rounding).toBeGreaterThan(truth.noise * (inputs * residuals) ** 2);
  expect(result.noise?.noCriticalBatchSize).toMatch(/below the rounding/);
  // What is flushed to 0 along a line is no departure from the parabola.
  expect(result.verdicts.filter(({ instrument, level }) => instrument === "lines" && level === "warn")).toEqual([]);
});

test.each([
  ["loss", 1, 1e20, "The loss is not finite"],
  [
    "gradient of an example",
    1e30,
    1e10,
    "The gradient of an example is not finite: the first such entry belongs to example 0.",
  ],
])("a %s above all numbers of float32 is refused in a sentence", async (_what, inputs, residuals, sentence) => {
  const { parts } = leastSquares({ inputs, residuals, precision: "float32" });
  await using problem = buildProblem(parts, { precision: "float32" });
  const said = await runProfile(problem, { only: "loss,noise" }, createRandom(0), {}).then(
    ({ result }) => result.sections.map(({ reason }) => reason ?? "").join("\n"),
    (error: unknown) => String(error),
  );
  expect(said).toContain(sentence);
});
