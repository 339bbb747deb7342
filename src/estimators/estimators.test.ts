import { describe, expect, it } from "vitest";
import { denseOperator, diagonalOperator } from "../operators/dense-operator.ts";
import { createRandom } from "../random/random-stream.ts";
import { estimateDiagonal } from "./diagonal.ts";
import { exactSpectrum } from "./exact-spectrum.ts";
import { ESTIMATORS } from "./registry.ts";
import { inBlocks, rotated } from "../../test/support/prescribed-spectrum.ts";

function symmetric(n: number, seed: number): Float64Array {
  const random = createRandom(seed);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = random.normal();
  return a;
}

describe("exactSpectrum", () => {
  it("gives all eigenvalues, and the asymmetry of what it was fed", async () => {
    const spectrum = Float64Array.from({ length: 50 }, (_, i) => Math.sin(i));
    const result = await exactSpectrum(inBlocks(rotated(spectrum, createRandom(1)), 7), { vectors: true }, {});
    const sorted = Float64Array.from(spectrum).sort();
    result.values.forEach((x, i) => expect(x).toBeCloseTo(sorted[i], 12));
    expect(result.products).toBe(50);
    expect(result.asymmetry).toBeLessThan(1e-14);
    const skewed = { ...denseOperator(Float64Array.of(1, 2, 2.2, 1), 2), symmetric: true };
    const bent = await exactSpectrum(skewed, {}, {});
    expect(bent.asymmetry).toBeCloseTo(Math.sqrt((2 * 0.2 ** 2) / (1 + 1 + 4 + 2.2 ** 2)), 12);
    expect(bent.values[1]).toBeCloseTo(3.1, 12);
  });

  it("refuses what is too large, with a way out", async () => {
    await expect(exactSpectrum(diagonalOperator(new Float64Array(2001)), {}, {})).rejects.toThrow(
      /beyond the limit of 2000/,
    );
  });
});

describe("estimateDiagonal", () => {
  it("covers each entry with the stated probability", async () => {
    const n = 60;
    const a = symmetric(n, 2);
    let covered = 0;
    for (let seed = 0; seed < 100; seed++) {
      const { lower, upper } = await estimateDiagonal(denseOperator(a, n), { probes: 20 }, createRandom(seed), {});
      for (let i = 0; i < n; i++) if (lower[i] <= a[i * n + i] && a[i * n + i] <= upper[i]) covered++;
    }
    expect(covered / (100 * n)).toBeGreaterThan(0.93);
    expect(covered / (100 * n)).toBeLessThan(0.97);
  });

  it("is exact once the probes reach the dimension, and for a diagonal matrix from the start", async () => {
    const a = symmetric(12, 3);
    const { value, method } = await estimateDiagonal(
      inBlocks(denseOperator(a, 12), 5),
      { probes: 12 },
      createRandom(3),
      {},
    );
    expect(method).toBe("exact");
    value.forEach((x, i) => expect(x).toBe(a[i * 13]));
    const d = createRandom(4).normalVector(30);
    const sampled = await estimateDiagonal(diagonalOperator(d), { probes: 2 }, createRandom(4), {});
    sampled.value.forEach((x, i) => expect(x).toBeCloseTo(d[i], 14));
  });
});

describe("ESTIMATORS", () => {
  it("describes each estimator once and completely", () => {
    const names = ESTIMATORS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const estimator of ESTIMATORS) {
      expect(estimator.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      for (const text of Object.values(estimator)) expect(text.length).toBeGreaterThan(3);
    }
  });
});
