import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RESULT_KINDS } from "../src/documents/result-kinds.ts";
import { encodeNpz } from "../src/files/npz.ts";
import { noise } from "../src/dynamics/tracked/noise.ts";
import { exampleCurvature } from "../src/dynamics/lr/example-curvature.ts";
import { runProfile } from "../src/instruments/profile.ts";
import { dot } from "../src/linalg/vector.ts";
import { crossEntropy } from "../src/problem/losses/cross-entropy.ts";
import { createRandom, type RandomStream } from "../src/random/random-stream.ts";
import { dataGradient } from "../src/quantities/data-gradient.ts";
import { gradientSample } from "../src/quantities/gradient-sample.ts";
import { noiseCovarianceOperator } from "../src/quantities/noise-covariance-operator.ts";
import { noiseExtremes } from "../src/quantities/noise-extremes.ts";
import { noiseTrace } from "../src/quantities/noise-trace.ts";
import { commandLine } from "./support/command-line.ts";
import { modelBytes, tensorProto, valueInfo } from "./support/onnx-model.ts";
import { denseProblem } from "./support/dense-problem.ts";
import { deskOf } from "./support/desk-of.ts";

/*
 * The noise of a mean over labels that count unequally, against batches that are drawn: a linear classifier, whose gradients pencil and
 * paper give.
 */

const INPUTS = 4;
const CLASSES = 3;
const EXAMPLES = 60;
const UNEQUAL = [6, 1, 0.2];

const { at, here } = commandLine();
const random = createRandom(11);
// The first input is a constant, and speaks against the class that counts most: its gradients lie along their mean.
const weights = [-1, 0, 1, ...random.split("weights").normalVector(INPUTS * CLASSES - CLASSES)];
const x = Array.from({ length: EXAMPLES }, (_, i) => [1, ...random.split(`x ${i}`).normalVector(INPUTS - 1)]);
const y = x.map((_, i) => i % CLASSES);

function network(of: readonly number[]) {
  const loss = crossEntropy.configured?.({ weights: of }) ?? crossEntropy;
  return denseProblem([{ name: "one", inputs: INPUTS, weights }], x, y, loss, { batchSize: 32 });
}

function probabilities(row: readonly number[]): number[] {
  const z = Array.from({ length: CLASSES }, (_, c) =>
    row.reduce((sum, each, k) => sum + each * weights[k * CLASSES + c], 0),
  );
  const e = z.map(Math.exp);
  return e.map((each) => each / e.reduce((sum, one) => sum + one, 0));
}

/** w (p − e_y) xᵀ of every example. */
function gradients(of: readonly number[]): Float64Array[] {
  return x.map((row, i) => {
    const p = probabilities(row);
    return Float64Array.from(weights, (_, j) => {
      const c = j % CLASSES;
      return of[y[i]] * row[Math.floor(j / CLASSES)] * (p[c] - (c === y[i] ? 1 : 0));
    });
  });
}

/** The mean of a batch with replacement, as a trainer takes it: Σ aᵢ/Σ mᵢ. */
function batchMean(each: readonly Float64Array[], of: readonly number[], size: number, stream: RandomStream) {
  const sum = new Float64Array(each[0].length);
  let total = 0;
  for (let k = 0; k < size; k++) {
    const i = stream.integer(EXAMPLES);
    total += of[y[i]];
    each[i].forEach((value, j) => (sum[j] += value));
  }
  return sum.map((value) => value / total);
}

/** The covariance of the means of batches, times their size, and the mean of their squares. */
function drawn(each: readonly Float64Array[], of: readonly number[], size: number, batches: number) {
  const stream = createRandom(3);
  const d = each[0].length;
  const mean = new Float64Array(d);
  const second = new Float64Array(d * d);
  for (let b = 0; b < batches; b++) {
    const g = batchMean(each, of, size, stream);
    for (let i = 0; i < d; i++) {
      mean[i] += g[i] / batches;
      for (let j = 0; j < d; j++) second[i * d + j] += (g[i] * g[j]) / batches;
    }
  }
  const covariance = second.map((value, k) => size * (value - mean[Math.floor(k / d)] * mean[k % d]));
  const traceOf = (matrix: Float64Array) => mean.reduce((sum, _, i) => sum + matrix[i * d + i], 0);
  return { covariance, trace: traceOf(covariance), square: traceOf(second) };
}

/** Σ dᵢdᵢᵀ/n by its definition. */
function covarianceOf(of: readonly number[], count: (i: number) => number): Float64Array {
  const each = gradients(of);
  const average = y.reduce((sum, label) => sum + of[label], 0) / EXAMPLES;
  const d = weights.length;
  const mean = new Float64Array(d);
  for (const g of each) g.forEach((value, j) => (mean[j] += value / average / EXAMPLES));
  const found = new Float64Array(d * d);
  each.forEach((g, i) => {
    const deviation = g.map((value, j) => value / average - (count(i) / average) * mean[j]);
    for (let a = 0; a < d; a++)
      for (let b = 0; b < d; b++) found[a * d + b] += (deviation[a] * deviation[b]) / EXAMPLES;
  });
  return found;
}

const traceOf = (matrix: Float64Array) =>
  weights.reduce((sum: number, _, i) => sum + matrix[i * weights.length + i], 0);

async function measured(of: readonly number[]) {
  await using problem = network(of);
  const desk = deskOf(problem, {}, { needs: [noiseTrace, noiseExtremes, gradientSample, dataGradient] });
  const sample = await desk.get(gradientSample);
  if (!sample) throw new Error("no noise");
  const units = weights.map((_, i) => Float64Array.from(weights, (_each, j) => (i === j ? 1 : 0)));
  const rows = await desk.operator(noiseCovarianceOperator).apply(units);
  const mean = await desk.get(dataGradient);
  return {
    trace: (await desk.get(noiseTrace)).value,
    matrix: Float64Array.from(rows.flatMap((row) => [...row])),
    sample,
    mean,
  };
}

describe("the noise of a mean in which examples count unequally", () => {
  const exact = covarianceOf(UNEQUAL, (i) => UNEQUAL[y[i]]);

  it("is the covariance that batches of a trainer have, not that of gradients about their mean", async () => {
    const { trace, matrix } = await measured(UNEQUAL);
    const batches = drawn(gradients(UNEQUAL), UNEQUAL, 600, 3000);
    // 3000 batches of 12 numbers: 2 % of the trace; a term of 1/600 beside it.
    expect(trace / batches.trace).toBeGreaterThan(0.95);
    expect(trace / batches.trace).toBeLessThan(1.05);
    const difference = matrix.map((value, k) => value - batches.covariance[k]);
    expect(Math.hypot(...difference) / Math.hypot(...matrix)).toBeLessThan(0.08);
    const plain = traceOf(covarianceOf(UNEQUAL, () => y.reduce((sum, label) => sum + UNEQUAL[label], 0) / EXAMPLES));
    expect(Math.abs(plain / batches.trace - 1)).toBeGreaterThan(0.1);
  });

  it("is its definition, as a trace, as a matrix, in single examples and while training", async () => {
    const { trace, matrix, sample, mean } = await measured(UNEQUAL);
    expect(trace).toBeCloseTo(traceOf(exact), 12);
    matrix.forEach((value, k) => expect(value).toBeCloseTo(exact[k], 12));
    expect(sample.deviations.reduce((sum, each) => sum + each / EXAMPLES, 0)).toBeCloseTo(traceOf(exact), 12);
    expect(sample.along.reduce((sum, each) => sum + each, 0)).toBeCloseTo(0, 12);
    const d = weights.length;
    const square = mean.reduce((sum, a, i) => sum + a * mean.reduce((row, b, j) => row + exact[i * d + j] * b, 0), 0);
    expect(sample.along.reduce((sum, each) => sum + each ** 2 / EXAMPLES, 0)).toBeCloseTo(square, 12);
    await using problem = network(UNEQUAL);
    const context = {};
    const found = await noise.measure({
      problem,
      point: problem.point,
      preconditioner: undefined,
      isPreconditioned: false,
      coupledDecay: 0,
      batch: 8,
      between: 8,
      random: createRandom(1),
      memory: new Map(),
      context,
    });
    expect(found.find(({ series }) => series === "tr Σ")?.value).toBeCloseTo(traceOf(exact), 12);
  });

  it("makes the gradient of a batch longer by what is taken off that of all", async () => {
    const { trace, sample, mean } = await measured(UNEQUAL);
    const each = gradients(UNEQUAL);
    const size = 120;
    const longer = size * (drawn(each, UNEQUAL, size, 20_000).square - dot(mean, mean));
    // The bias of the ratio is a part that the draws tell from nothing.
    expect(Math.abs(sample.bias) / trace).toBeGreaterThan(0.1);
    expect(Math.abs(longer - (trace + sample.bias)) / trace).toBeLessThan(0.06);
  });

  it("is that of the curvature along a direction, too", async () => {
    await using problem = network(UNEQUAL);
    const v = Float64Array.from(weights, () => 1).map((_, j) => Math.cos(j));
    const unit = v.map((value) => value / Math.hypot(...v));
    const { mean, variance } = await exampleCurvature(problem, unit, {});
    // vᵀ∇²ℓv is the variance of (xᵀV)_c under p, times the weight.
    const curvatures = x.map((row, i) => {
      const p = probabilities(row);
      const moved = p.map((_, c) => row.reduce((sum, each, k) => sum + each * unit[k * CLASSES + c], 0));
      const centre = p.reduce((sum, each, c) => sum + each * moved[c], 0);
      return Float64Array.of(UNEQUAL[y[i]] * p.reduce((sum, each, c) => sum + each * (moved[c] - centre) ** 2, 0));
    });
    const total = y.reduce((sum, label) => sum + UNEQUAL[label], 0);
    expect(mean).toBeCloseTo(curvatures.reduce((sum, [each]) => sum + each, 0) / total, 12);
    const batches = drawn(curvatures, UNEQUAL, 600, 3000);
    // The relative error of a variance of 3000: 2.6 %.
    expect(variance / batches.trace).toBeGreaterThan(0.9);
    expect(variance / batches.trace).toBeLessThan(1.1);
  });

  it("is said, with how unequally they count; and not where all weights are alike, where every number is as without", async () => {
    const profiled = async (of: readonly number[]) => {
      await using problem = network(of);
      const { result, checks } = await runProfile(problem, { only: ["noise"] }, createRandom(0), {});
      expect(checks.every(({ passed }) => passed !== false)).toBe(true);
      return { noise: result.noise, words: JSON.stringify(result.sections) };
    };
    const unequal = await profiled(UNEQUAL);
    const average = y.reduce((sum, label) => sum + UNEQUAL[label], 0) / EXAMPLES;
    expect(unequal.noise?.countedUnequally?.least).toBeCloseTo(0.2 / average, 12);
    expect(unequal.noise?.countedUnequally?.most).toBeCloseTo(6 / average, 12);
    expect(unequal.words).toContain("Examples count unequally in the mean");
    const [alike, without] = [await profiled([2, 2, 2]), await profiled([])];
    expect(alike.noise?.trace.value).toBe(without.noise?.trace.value);
    expect(alike.noise?.criticalBatchSize?.sample).toBe(without.noise?.criticalBatchSize?.sample);
    expect(alike.noise?.countedUnequally).toBeNull();
    expect(without.noise?.countedUnequally).toBeNull();
    expect(without.words).not.toContain("count unequally");
  });
});

it("counts examples that weigh nothing and have a loss all the same, as smoothed labels do", async () => {
  const loss = crossEntropy.configured?.({ weights: [6, 1, 0], smoothing: 0.3 }) ?? crossEntropy;
  await using problem = denseProblem([{ name: "one", inputs: INPUTS, weights }], x, y, loss, { batchSize: 32 });
  const { result, checks } = await runProfile(problem, { only: ["noise"] }, createRandom(0), {});
  expect(checks.filter(({ passed }) => passed !== true)).toEqual([]);
  const { point } = problem;
  const g = await point.gradient();
  const average = problem.terms / EXAMPLES;
  let trace = 0;
  for (let i = 0; i < EXAMPLES; i++) {
    const own = await point.weightedGradient(Float64Array.from(x, (_, k) => (k === i ? 1 : 0)));
    const deviation = own.map((each, j) => (each - [6, 1, 0][y[i]] * g[j]) / average);
    trace += dot(deviation, deviation) / EXAMPLES;
  }
  expect(result.noise?.trace.value).toBeCloseTo(trace, 10);
  expect(result.noise?.countedUnequally?.least).toBe(0);
});

describe("the noise of examples of several labels", () => {
  const LENGTH = 5;
  const IGNORED = -100;
  const [count, width] = [16, 3];
  const tokens = random.split("tokens").normalVector(count * LENGTH * width);
  const matrix = random.split("matrix").normalVector(width * CLASSES);
  // Examples have from one to five labels that count, and every eighth none.
  const labelled = Array.from({ length: count }, (_, i) => (i % 8 === 7 ? 0 : 1 + (i % LENGTH)));
  const marks = Float64Array.from({ length: count * LENGTH }, (_, k) => {
    const [i, t] = [Math.floor(k / LENGTH), k % LENGTH];
    return t < labelled[i] ? k % CLASSES : IGNORED;
  });

  /** Σ over the labels of (p − e_y) xᵀ. */
  function gradientOf(i: number): Float64Array {
    const sum = new Float64Array(width * CLASSES);
    for (let t = 0; t < labelled[i]; t++) {
      const row = tokens.subarray((i * LENGTH + t) * width, (i * LENGTH + t + 1) * width);
      const z = Array.from({ length: CLASSES }, (_, c) =>
        row.reduce((total, each, k) => total + each * matrix[k * CLASSES + c], 0),
      );
      const all = z.reduce((total, each) => total + Math.exp(each), 0);
      for (let k = 0; k < width; k++)
        for (let c = 0; c < CLASSES; c++)
          sum[k * CLASSES + c] += row[k] * (Math.exp(z[c]) / all - (c === marks[i * LENGTH + t] ? 1 : 0));
    }
    return sum;
  }

  it.each([
    ["each with its rows", "bmm"],
    ["rows of all in one list", "flat"],
  ])("is that of the ratio: %s", async (_, output) => {
    const shape = [count, LENGTH];
    writeFileSync(
      at("tokens.npz"),
      encodeNpz([
        ["x", { dtype: "float64", shape: [...shape, width], data: tokens }],
        ["y", { dtype: "int64", shape, data: marks }],
      ]),
    );
    writeFileSync(
      at("tokens.onnx"),
      modelBytes({
        opset: 17,
        nodes: [
          { op: "MatMul", inputs: ["x", "w"], outputs: ["bmm"] },
          { op: "Reshape", inputs: ["bmm", "shape"], outputs: ["flat"] },
        ],
        inputs: [valueInfo("x", "double", ["N", LENGTH, width])],
        outputs: [valueInfo(output, "double", output === "flat" ? ["M", CLASSES] : ["N", LENGTH, CLASSES])],
        initializers: [
          tensorProto("w", "double", [width, CLASSES], [...matrix]),
          tensorProto("shape", "int64", [2], [-1, CLASSES]),
        ],
      }),
    );
    const asked = `--loss cross-entropy --class-axis ${output === "flat" ? 1 : 2} --only noise --json`;
    const { out, err } = await here(["profile", at("tokens.onnx"), "--data", at("tokens.npz"), ...asked.split(" ")]);
    const { noise: found } = RESULT_KINDS.profile.parse(JSON.parse(out || err)).result;
    const rows = Array.from({ length: count }, (_each, i) => i).filter((i) => labelled[i] > 0);
    const average = rows.reduce((sum, i) => sum + labelled[i], 0) / rows.length;
    const each = rows.map((i) => gradientOf(i).map((value) => value / average));
    const mean = each[0].map((_each, j) => each.reduce((sum, g) => sum + g[j] / rows.length, 0));
    const trace = each.reduce((sum, g, k) => {
      const deviation = g.map((value, j) => value - (labelled[rows[k]] / average) * mean[j]);
      return sum + dot(deviation, deviation) / rows.length;
    }, 0);
    expect(found?.trace.value).toBeCloseTo(trace, 12);
    expect(found?.countedUnequally?.most).toBeCloseTo(LENGTH / average, 12);
  });
});
