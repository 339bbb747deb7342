import { describe, expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { criticalBatchSize } from "./noise.ts";
import { figure, percent } from "./numbers.ts";
import { stabilityLimits } from "./stability.ts";

describe("figures in sentences", () => {
  it("show no digit that the uncertainty has swallowed", () => {
    expect(figure(11.5613, 0.02)).toBe("11.56");
    expect(figure(11.5613, 0.2)).toBe("11.6");
    expect(figure(11.5613, 3)).toBe("12");
    expect(figure(11.5613, 100)).toBe("10");
    expect(figure(-0.0004213)).toBe("−0.0004213");
    expect(figure(1.5e-7, 1e-9)).toBe("1.50e-7");
    expect(figure(123456, 1000)).toBe("123000");
    expect(figure(0)).toBe("0");
    expect(figure(Number.POSITIVE_INFINITY)).toBe("∞");
    expect(figure(Number.NaN)).toBe("n/a");
    expect(figure(null)).toBe("n/a");
  });

  it("give shares in hundredths", () => {
    expect(percent(0.1234)).toBe("12 %");
    expect(percent(0.00123)).toBe("0.12 %");
    expect(percent(0)).toBe("0 %");
    expect(percent(null)).toBe("n/a");
  });
});

describe("stability limits", () => {
  it("are the published ones (Cohen et al. 2021, 2022)", () => {
    const limits = stabilityLimits(4, 0.9).map(({ stepSize }) => stepSize);
    expect(limits[0]).toBeCloseTo(0.5, 14);
    expect(limits[1]).toBeCloseTo(0.95, 14);
    expect(limits[2]).toBeCloseTo(3.8 / (4 * 2.8), 14);
    expect(limits[3]).toBeCloseTo(38 / 4, 13);
  });
});

describe("critical batch size", () => {
  it("has an interval that covers the truth as often as it says", () => {
    // Scalar gradients m + sξ: tr Σ/‖g‖² = s²/m².
    const [m, s, n, trials] = [1, 1, 400, 400];
    const random = createRandom(1);
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const gradients = random.normalVector(n).map((x) => m + s * x);
      const mean = gradients.reduce((sum, x) => sum + x, 0) / n;
      const { interval } = criticalBatchSize(gradients.map((g) => g * g), gradients.map((g) => g * mean), mean * mean, 0.95);
      if (interval.lower <= (s / m) ** 2 && (s / m) ** 2 <= interval.upper) covered++;
    }
    expect(covered / trials).toBeGreaterThan(0.9);
    expect(covered / trials).toBeLessThan(0.99);
  });

  it("is infinite for the population where the gradient cannot be told from 0", () => {
    const gradients = Float64Array.of(1, -1, 1, -0.9);
    const mean = 0.025;
    const { population, value } = criticalBatchSize(gradients.map((g) => g * g), gradients.map((g) => g * mean), mean ** 2, 0.95);
    expect(population).toBe(Number.POSITIVE_INFINITY);
    expect(value).toBeGreaterThan(1000);
  });
});
