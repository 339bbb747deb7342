import { describe, expect, it } from "vitest";
import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import { dot } from "../linalg/vector.ts";
import { createRandom, type RandomStream } from "../random/random-stream.ts";
import { criticalBatchSize, slopeEvidence } from "./noise/critical-batch-size.ts";
import type { GradientSample } from "../quantities/gradient-sample.ts";
import { noiseMoments } from "./noise/gradient-sample.ts";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { denseProblem } from "../../test/support/dense-problem.ts";
import { runProfile } from "./profile.ts";

/** What a run would know of these gradients, from the whole matrices. */
function sampleOf(gradients: readonly Float64Array[], rounding = 0): GradientSample {
  const n = gradients.length;
  const dimension = gradients[0].length;
  const mean = new Float64Array(dimension);
  for (const g of gradients) for (let i = 0; i < dimension; i++) mean[i] += g[i] / n;
  const centred = gradients.map((g) => g.map((x, i) => x - mean[i]));
  const covariance = new Float64Array(dimension ** 2);
  for (const c of centred)
    for (let i = 0; i < dimension; i++)
      for (let j = 0; j < dimension; j++) covariance[i * dimension + j] += (c[i] * c[j]) / (n - 1);
  const { values } = symmetricEigen(covariance, dimension, false);
  return {
    deviations: Float64Array.from(centred, (c) => dot(c, c)),
    along: Float64Array.from(centred, (c) => dot(c, mean)),
    bias: 0,
    meanSquare: dot(mean, mean),
    top: [...values].toReversed().slice(0, 5),
    traceOfSquare: dot(covariance, covariance),
    dimension,
    rounding,
    traceRounding: 0,
  };
}

/** Gradients μ + noise of a known covariance: spectrum wₖ, ‖μ‖² = Σw/B along axis `along`. */
function population(random: RandomStream, spectrum: readonly number[], along: number, b: number, n: number) {
  const total = spectrum.reduce((sum, w) => sum + w, 0);
  return Array.from({ length: n }, () =>
    random
      .normalVector(spectrum.length)
      .map((x, k) => Math.sqrt(spectrum[k]) * x + (k === along ? Math.sqrt(total / b) : 0)),
  );
}

/** −2 x y of the linear model at zero weights, y = wᵀx + e: a law that is not normal. B = d + 1 + d σ²/‖w‖². */
function linearModel(random: RandomStream, dimension: number, b: number, n: number) {
  const w = Math.sqrt(dimension / (b - dimension - 1));
  return Array.from({ length: n }, () => {
    const x = random.normalVector(dimension);
    const y = w * x[0] + random.normal();
    return x.map((value) => -2 * value * y);
  });
}

const FLAT = Array.from({ length: 20 }, () => 1);
const STEEP = Array.from({ length: 20 }, (_, k) => 1 / (k + 1) ** 2);

describe("critical batch size", () => {
  it.each([
    ["20 directions alike", (random: RandomStream, b: number) => population(random, FLAT, 0, b, 400)],
    [
      "a steep noise, the gradient along its strongest",
      (random: RandomStream, b: number) => population(random, STEEP, 0, b, 400),
    ],
    [
      "a steep noise, the gradient along its weakest",
      (random: RandomStream, b: number) => population(random, STEEP, 19, b, 400),
    ],
    ["one direction", (random: RandomStream, b: number) => population(random, [1], 0, b, 400)],
    ["the linear model", (random: RandomStream, b: number) => linearModel(random, 20, b, 400)],
    ["forty examples", (random: RandomStream, b: number) => population(random, FLAT, 0, b, 40)],
  ])("has an interval that covers the truth: %s", (_, draw) => {
    for (const truth of [60, 200, 1000, 10_000]) {
      const random = createRandom(truth);
      let covered = 0;
      let open = 0;
      for (let trial = 0; trial < 40; trial++) {
        const { interval, about } = criticalBatchSize(sampleOf(draw(random, truth)), 0.95);
        expect(about).toBe("population");
        if (!(interval.lower > 0)) open++;
        else if (interval.lower <= truth && truth <= interval.upper) covered++;
      }
      // None of these laws has a heavy tail: that one is seen by chance must be rare.
      expect(open).toBeLessThanOrEqual(1);
      // 40 trials at 95 %: fewer than 34 happen once in 300 times.
      expect(covered).toBeGreaterThanOrEqual(34);
    }
  });

  it("is bounded on one side where the gradient cannot be told from zero, and never spans many decades", () => {
    const random = createRandom(7);
    for (let trial = 0; trial < 40; trial++) {
      const { interval } = criticalBatchSize(sampleOf(population(random, FLAT, 0, 100_000, 400)), 0.95);
      if (Number.isFinite(interval.upper)) expect(interval.upper / interval.lower).toBeLessThanOrEqual(1e3);
    }
  });

  it("speaks of the examples alone where they were fitted", () => {
    const gradients = population(createRandom(8), FLAT, 0, 1000, 400);
    const { meanSquare } = sampleOf(gradients);
    const mean = gradients[0].map((_, k) => gradients.reduce((sum, g) => sum + g[k] / 400, 0));
    const fitted = gradients.map((g) => g.map((x, k) => x - 0.99 * mean[k]));
    const size = criticalBatchSize(sampleOf(fitted), 0.95);
    expect(size.about).toBe("sample");
    expect(size.value).toBeCloseTo((20 * 0.99) / (1e-4 * meanSquare), -6);
    expect(size.standardError).toBe(0);
  });

  it("is the same for gradients in other units", () => {
    const gradients = population(createRandom(9), STEEP, 2, 50, 400);
    const one = criticalBatchSize(sampleOf(gradients), 0.95);
    const other = criticalBatchSize(sampleOf(gradients.map((g) => g.map((x) => 1e-9 * x))), 0.95);
    expect(other.value / one.value).toBeCloseTo(1, 9);
    expect(other.interval.lower / one.interval.lower).toBeCloseTo(1, 6);
    expect(other.interval.upper / one.interval.upper).toBeCloseTo(1, 6);
  });

  it("claims no interval from fewer than ten examples", () => {
    const { interval } = criticalBatchSize(sampleOf(population(createRandom(10), FLAT, 0, 5, 9)), 0.95);
    expect(interval).toMatchObject({ lower: 0, upper: Number.POSITIVE_INFINITY });
    expect(slopeEvidence(sampleOf(population(createRandom(10), FLAT, 0, 5, 9)), 0.95)).toBeUndefined();
  });
});

describe("moments of the gradient noise", () => {
  it("have no bias, also where the noise fills more directions than there are examples", () => {
    const random = createRandom(11);
    const spectrum = Array.from({ length: 60 }, () => 1);
    let square = 0;
    for (let trial = 0; trial < 100; trial++)
      square += noiseMoments(sampleOf(population(random, spectrum, 0, 100, 20))).square / 100;
    expect(Math.abs(square / 60 - 1)).toBeLessThan(0.15);
  });
});

/** A linear classifier at random weights, in float64. */
function classifier(reduction: "mean" | "sum") {
  const random = createRandom(4);
  const numbers = (label: string, count: number) => [...random.split(label).normalVector(count)];
  return denseProblem(
    [{ name: "one", inputs: 3, weights: numbers("w", 6), bias: [0, 0] }],
    Array.from({ length: 12 }, (_, i) => numbers(`x ${i}`, 3)),
    Array.from({ length: 12 }, (_, i) => i % 2),
    crossEntropy,
    { reduction, precision: "float64" },
  );
}

describe("gradients of single examples", () => {
  const SECTIONS = ["noise", "gradient"];

  async function measured(reduction: "mean" | "sum") {
    await using problem = classifier(reduction);
    const { result, checks } = await runProfile(problem, { only: SECTIONS }, createRandom(0), {});
    const of = (name: string) => JSON.stringify(result.sections.find(({ instrument }) => instrument === name));
    return {
      result,
      n: problem.examples,
      words: [...SECTIONS.map(of), checks.find(({ name }) => name === "example-norms")?.detail ?? ""],
    };
  }

  it("have as their median length the middle between the two middle ones where they are even in number", async () => {
    await using problem = classifier("mean");
    const { result } = await runProfile(problem, { only: SECTIONS }, createRandom(0), {});
    const lengths = (await problem.point.exampleGradientSquares()).map(Math.sqrt).sort();
    expect(lengths).toHaveLength(12);
    expect(result.noise?.norms?.median).toBeCloseTo((lengths[5] + lengths[6]) / 2, 12);
  });

  it("are n times their own where the loss is a sum, and every word about them says so", async () => {
    const [mean, sum] = [await measured("mean"), await measured("sum")];
    const [a, b] = [mean.result.noise, sum.result.noise];
    if (!a || !b) throw new Error("no noise");
    expect(b.trace.value).toBeCloseTo(sum.n ** 2 * a.trace.value, 8);
    expect([a.summedOver, b.summedOver]).toEqual([null, sum.n]);
    expect([mean, sum].map(({ result }) => result.gradient?.summedOver)).toEqual([null, sum.n]);
    for (const words of sum.words)
      expect(words).toContain(`The loss is a sum: each example's gradient is taken ${sum.n} times`);
    for (const words of mean.words) expect(words).not.toMatch(/is a sum|taken \d+ times/);
  });
});

describe("few examples of few classes", () => {
  const profiled = async () => {
    const random = createRandom(4);
    const layer = (name: string, inputs: number, outputs: number, activation?: string) => ({
      name,
      inputs,
      weights: [...random.split(name).normalVector(inputs * outputs)],
      activation,
    });
    const x = [0, 1, 2].map((i) => [...random.split(`x${i}`).normalVector(4)]);
    await using problem = denseProblem([layer("a", 4, 5, "Tanh"), layer("b", 5, 4)], x, [0, 1, 3], crossEntropy);
    return (await runProfile(problem, { only: ["eigenvalues", "noise", "attribution"] }, createRandom(0), {})).result;
  };

  it("no direction of the null space of Σ is one of its leading ones", async () => {
    // Three gradients about their mean span two directions.
    expect((await profiled()).noise?.alignment?.subspaceDimension).toBe(2);
  });

  it("a class without examples has no numbers", async () => {
    for (const { classes } of (await profiled()).attribution ?? []) {
      expect(classes?.map((each) => each.class)).toEqual([0, 1, 3]);
    }
  });
});
