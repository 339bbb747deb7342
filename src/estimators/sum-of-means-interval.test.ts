import { describe, expect, it } from "vitest";
import { createRandom, type RandomStream } from "../random/random-stream.ts";
import { sumOfMeansInterval } from "./sum-of-means-interval.ts";

const REPETITIONS = 2000;

interface Law {
  readonly draw: (random: RandomStream) => number;
  readonly mean: number;
}

/** Of squared gradients of a Gaussian's mean, of its mean and log-variance, of that alone, and of two labels. */
const LAWS: Readonly<Record<string, Law>> = {
  "z²": { draw: (random) => random.normal() ** 2, mean: 1 },
  "z² + (z² − 1)²/2": {
    draw: (random) => {
      const square = random.normal() ** 2;
      return square + (square - 1) ** 2 / 2;
    },
    mean: 2,
  },
  "(z² − 1)²": { draw: (random) => (random.normal() ** 2 - 1) ** 2, mean: 2 },
  "two labels": { draw: (random) => (random.uniform() < 0.2 ? 0.64 : 0.04), mean: 0.16 },
};

function coverage({ draw, mean }: Law, parts: number, draws: number) {
  const random = createRandom(17);
  const scales = Array.from({ length: parts }, (_, i) => 1 + (i % 3));
  const truth = mean * scales.reduce((sum, scale) => sum + scale, 0);
  let covered = 0;
  for (let k = 0; k < REPETITIONS; k++) {
    const drawn = scales.map((scale) => Array.from({ length: draws }, () => scale * draw(random)));
    const { lower, upper } = sumOfMeansInterval(drawn, 0.95);
    if (lower <= truth && truth <= upper) covered++;
  }
  return covered / REPETITIONS;
}

describe("the interval of a sum of means", () => {
  it.each(
    Object.keys(LAWS).flatMap(
      (law) =>
        [
          [law, 4, 20],
          [law, 30, 6],
          [law, 30, 20],
        ] as const,
    ),
  )("covers the truth as often as it says: %s, %i parts, %i draws", (law, parts, draws) => {
    // The standard error of a share of 2000 is 0.005.
    const found = coverage(LAWS[law], parts, draws);
    expect(found).toBeGreaterThan(0.935);
    expect(found).toBeLessThan(0.99);
  });

  it("is none where nothing scatters, and of fewer than three draws", () => {
    const none = { lower: 0, upper: Number.POSITIVE_INFINITY };
    expect(
      sumOfMeansInterval(
        [
          [1, 1, 1, 1],
          [2, 2, 2, 2],
        ],
        0.95,
      ),
    ).toMatchObject({ ...none, mean: 3 });
    expect(sumOfMeansInterval([[1], [2]], 0.95)).toMatchObject({ ...none, standardError: Number.POSITIVE_INFINITY });
    const two = sumOfMeansInterval([[1, 3]], 0.95);
    expect(two).toMatchObject(none);
    expect(two.standardError).toBeCloseTo(1, 12);
  });

  it("is the same in other units", () => {
    const random = createRandom(2);
    const drawn = Array.from({ length: 5 }, () => Array.from({ length: 8 }, () => random.normal() ** 2));
    const one = sumOfMeansInterval(drawn, 0.95);
    const other = sumOfMeansInterval(
      drawn.map((part) => part.map((x) => 1e-150 * x)),
      0.95,
    );
    expect(other.upper / one.upper / 1e-150).toBeCloseTo(1, 9);
    expect(other.lower / one.lower / 1e-150).toBeCloseTo(1, 9);
  });
});
