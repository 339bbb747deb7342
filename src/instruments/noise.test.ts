import { describe, expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { criticalBatchSize } from "./noise.ts";

function defined(...given: Parameters<typeof criticalBatchSize>) {
  const size = criticalBatchSize(...given);
  if (size === null) throw new Error("no critical batch size");
  return size;
}

describe("critical batch size", () => {
  it("has an interval that covers the truth as often as it says", () => {
    // Scalar gradients m + sξ: tr Σ/‖g‖² = s²/m².
    const [m, s, n, trials] = [1, 1, 400, 400];
    const random = createRandom(1);
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const gradients = random.normalVector(n).map((x) => m + s * x);
      const mean = gradients.reduce((sum, x) => sum + x, 0) / n;
      const { interval } = defined(
        gradients.map((g) => g * g),
        gradients.map((g) => g * mean),
        mean * mean,
        0.95,
      );
      if (interval.lower <= (s / m) ** 2 && (s / m) ** 2 <= interval.upper) covered++;
    }
    expect(covered / trials).toBeGreaterThan(0.9);
    expect(covered / trials).toBeLessThan(0.99);
  });

  it("is 0 where all examples have the same gradient", () => {
    const gradients = Float64Array.of(2, 2, 2);
    const { value, standardError, interval } = defined(
      gradients.map((g) => g * g),
      gradients.map((g) => g * 2),
      4,
      0.95,
    );
    expect([value, standardError, interval.lower, interval.upper]).toEqual([0, 0, 0, 0]);
  });

  it("does not exist where the gradient is zero", () => {
    const gradients = Float64Array.of(1, -1);
    const squares = gradients.map((g) => g * g);
    expect(criticalBatchSize(squares, new Float64Array(2), 0, 0.95)).toBeNull();
  });

  it("is infinite for the population where the gradient cannot be told from 0", () => {
    const gradients = Float64Array.of(1, -1, 1, -0.9);
    const mean = 0.025;
    const { population, value } = defined(
      gradients.map((g) => g * g),
      gradients.map((g) => g * mean),
      mean ** 2,
      0.95,
    );
    expect(population).toBe(Number.POSITIVE_INFINITY);
    expect(value).toBeGreaterThan(1000);
  });
});
