import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LinearOperator } from "../operators/linear-operator.ts";
import { createRandom } from "../random/random-stream.ts";
import { denseOperator, diagonalOperator } from "../operators/dense-operator.ts";
import { lanczos } from "./lanczos.ts";
import { roundedToFloat32, rotated } from "../../test/support/prescribed-spectrum.ts";

const spectra: Record<string, Float64Array> = {
  simple: Float64Array.from({ length: 40 }, (_, i) => i - 7),
  "double top": Float64Array.of(5, 5, ...Array.from({ length: 38 }, (_, i) => i / 20)),
  "mostly zero": Float64Array.of(10, -3, 1, 1, 1, ...new Float64Array(35)),
  identity: new Float64Array(30).fill(2),
  graded: Float64Array.from({ length: 40 }, (_, i) => 10 ** (-i / 2)),
};

function worst(a: Float64Array, b: Float64Array): number {
  const sorted = Float64Array.from(b).sort();
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - sorted[i])), a.length === b.length ? 0 : Infinity);
}

describe("lanczos", () => {
  it.each(Object.entries(spectra))(
    "reproduces the whole spectrum, no ghosts, over 200 seeds: %s",
    async (_, spectrum) => {
      const size = Math.max(...spectrum.map(Math.abs));
      for (let seed = 0; seed < 200; seed++) {
        const random = createRandom(seed);
        const operator = rotated(spectrum, random.split("basis"));
        const { values, exhausted } = await lanczos(operator, { blockSize: 1 + (seed % 4) }, random, {});
        expect(exhausted).toBe(true);
        expect(worst(values, spectrum)).toBeLessThan(1e-9 * size);
      }
    },
  );

  it("finds each converged value once when it runs far past convergence", async () => {
    const spectrum = Float64Array.of(100, 50, -40, ...Array.from({ length: 297 }, (_, i) => Math.sin(i)));
    for (let seed = 0; seed < 20; seed++) {
      const { values, residuals } = await lanczos(diagonalOperator(spectrum), { steps: 120 }, createRandom(seed), {});
      expect(values.filter((x) => x > 20).length).toBe(2);
      expect(values.filter((x) => x < -20).length).toBe(1);
      expect(residuals[values.length - 1]).toBeLessThan(1e-10);
    }
  });

  it.each([false, true])("finds each value once on the basis of a large operator too (float32: %s)", async (narrow) => {
    const spectrum = Float64Array.of(100, 50, -40, ...Array.from({ length: 2497 }, (_, i) => Math.sin(i)));
    for (let seed = 0; seed < 10; seed++) {
      const random = createRandom(seed);
      const exact = rotated(spectrum, random.split("basis"));
      const { values } = await lanczos(
        narrow ? roundedToFloat32(exact) : exact,
        { steps: 120, blockSize: 1 + (seed % 3) },
        random,
        {},
      );
      const size = narrow ? 1e-4 : 1e-10;
      expect(values.filter((x) => Math.abs(x) > 2).length).toBe(3);
      expect(Math.abs(values[values.length - 1] - 100)).toBeLessThan(size);
      expect(Math.abs(values[values.length - 2] - 50)).toBeLessThan(size);
      expect(Math.abs(values[0] + 40)).toBeLessThan(size);
    }
  });

  it("bounds the distance to an eigenvalue by its residuals, in float32 too", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 30 }),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(),
        fc.boolean(),
        async (n, steps, seed, narrow) => {
          const random = createRandom(seed);
          const spectrum = random.normalVector(n);
          const exact = rotated(spectrum, random.split("basis"));
          const operator: LinearOperator = narrow ? roundedToFloat32(exact) : exact;
          const { values, residuals } = await lanczos(operator, { steps, trueResiduals: true }, random, {});
          values.forEach((x, i) => {
            const distance = Math.min(...spectrum.map((y) => Math.abs(x - y)));
            // The operator is made by reflections in float64, which round too.
            expect(distance).toBeLessThanOrEqual(residuals[i] + 1e-12);
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it("refuses an operator that is not symmetric and a product that is not finite", async () => {
    const skew = denseOperator(Float64Array.of(0, 1, -1, 0), 2);
    await expect(lanczos(skew, {}, createRandom(0), {})).rejects.toThrow(/symmetric/);
    const broken = diagonalOperator(Float64Array.of(1, Number.NaN, 2));
    await expect(lanczos(broken, {}, createRandom(0), {})).rejects.toThrow(/coordinate 1 is NaN/);
  });

  it("stops when it is interrupted", async () => {
    const stop = new AbortController();
    stop.abort();
    const operator = diagonalOperator(Float64Array.of(1, 2));
    await expect(lanczos(operator, {}, createRandom(0), { signal: stop.signal })).rejects.toThrow(/interrupted/);
  });
});
