import { describe, expect, it } from "vitest";
import { diagonalOperator } from "../operators/dense-operator.ts";
import { createRandom } from "../random/random-stream.ts";
import { spectralDensity } from "./spectral-density.ts";
import { traceOfFunction } from "./spectral-measure.ts";

describe("spectral measure", () => {
  it("has a band that is bounded where the probes say next to nothing", async () => {
    const operator = diagonalOperator(Float64Array.from({ length: 2000 }, (_, i) => (i === 0 ? 1 : i / 1e6)));
    for (let seed = 0; seed < 20; seed++) {
      const curve = await spectralDensity(operator, { probes: 2, steps: 10, width: 0.01 }, createRandom(seed), {});
      const highest = 1 / (0.01 * Math.sqrt(2 * Math.PI));
      expect(Math.max(...curve.upper)).toBeLessThanOrEqual(highest * (1 + 1e-12));
      expect(curve.upper.every(Number.isFinite)).toBe(true);
    }
  });

  it("covers traces of functions and the smoothed density: 1000 seeds", async () => {
    const spectrum = Float64Array.from({ length: 300 }, (_, i) => 1 + 2 * Math.sin(i) ** 2);
    const operator = diagonalOperator(spectrum);
    const truth = spectrum.reduce((sum, x) => sum + Math.log(x), 0);
    let traces = 0;
    let curves = 0;
    let points = 0;
    for (let seed = 0; seed < 1000; seed++) {
      const curve = await spectralDensity(
        operator,
        { probes: 4, steps: 20, points: 11, width: 0.2 },
        createRandom(seed),
        {},
      );
      const { interval } = traceOfFunction(curve.measure, Math.log, 0.95);
      if (interval.lower <= truth && truth <= interval.upper) traces++;
      curve.grid.forEach((t, i) => {
        if (t < 1 || t > 3) return;
        points++;
        const exact =
          spectrum.reduce((sum, x) => sum + Math.exp(-0.5 * ((t - x) / 0.2) ** 2), 0) /
          (300 * 0.2 * Math.sqrt(2 * Math.PI));
        if (curve.lower[i] <= exact && exact <= curve.upper[i]) curves++;
      });
    }
    expect(traces).toBeGreaterThanOrEqual(930);
    expect(traces).toBeLessThanOrEqual(970);
    expect(curves / points).toBeGreaterThan(0.93);
    expect(curves / points).toBeLessThan(0.97);
  });
});
