import { describe, expect, test } from "vitest";
import { dot } from "../../linalg/vector.ts";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import type { GradientSample } from "../../quantities/gradient-sample.ts";
import { createRandom, type RandomStream } from "../../random/random-stream.ts";
import { criticalBatchSize } from "./critical-batch-size.ts";

const DIMENSION = 20;

/** Of an example's deviation, beside the normal law: 1 on average when squared. */
type Length = (random: RandomStream) => number;

/** Gradients of a population with tr Σ/‖∇L‖² = `size`, Σ = diag(1/k), and what n of them say. */
function drawn(random: RandomStream, n: number, length: Length, size: number): GradientSample {
  const deviation = Float64Array.from({ length: DIMENSION }, (_, j) => 1 / Math.sqrt(1 + j));
  const direction = random.normalVector(DIMENSION);
  const far = Math.sqrt(dot(deviation, deviation) / size / dot(direction, direction));
  const gradients = Array.from({ length: n }, () => {
    const scale = length(random);
    return direction.map((x, j) => far * x + scale * deviation[j] * random.normal());
  });
  const mean = direction.map((_, j) => gradients.reduce((sum, g) => sum + g[j], 0) / n);
  const apart = gradients.map((g) => g.map((x, j) => x - mean[j]));
  const s = new Float64Array(DIMENSION * DIMENSION);
  for (const g of apart) g.forEach((x, i) => g.forEach((y, j) => (s[i * DIMENSION + j] += (x * y) / (n - 1))));
  return {
    deviations: Float64Array.from(apart, (g) => dot(g, g)),
    along: Float64Array.from(apart, (g) => dot(g, mean)),
    meanSquare: dot(mean, mean),
    top: [...symmetricEigen(s, DIMENSION, false).values].toReversed().slice(0, 5),
    traceOfSquare: dot(s, s),
    dimension: DIMENSION,
    rounding: 0,
    traceRounding: 0,
  };
}

const normal: Length = () => 1;
/** Student's law of three degrees: ‖gᵢ‖² has no variance. */
const heavy: Length = (random) => 1 / Math.sqrt([0, 1, 2].reduce((sum) => sum + random.normal() ** 2, 0));
const logNormal: Length = (random) => Math.exp(random.normal() - 1);

const SAMPLES = 100;

describe.each([
  ["normal gradients", normal, [10, 20], 0.5],
  ["gradients of Student's law", heavy, [10, 20, 60], 1],
  ["log-normal lengths", logNormal, [10, 20, 60], 1],
] as const)("the critical batch size from few %s", (_what, length, counts, mostUndecided) => {
  test.each([...counts])("%i of them: an interval that is stated is rarely wrong", (n) => {
    for (const size of [2, 20]) {
      let missed = 0;
      let undecided = 0;
      for (let i = 0; i < SAMPLES; i++) {
        const random = createRandom(5).split(`${n} ${size} ${i}`);
        const { interval } = criticalBatchSize(drawn(random, n, length, size), 0.95);
        if (interval.lower === 0 && interval.upper === Number.POSITIVE_INFINITY) undecided++;
        else if (size < interval.lower || size > interval.upper) missed++;
      }
      // 10 % in the long run at most, and what so many samples scatter by.
      expect(missed).toBeLessThan(0.15 * SAMPLES);
      expect(undecided).toBeLessThanOrEqual(mostUndecided * SAMPLES);
    }
  });
});
