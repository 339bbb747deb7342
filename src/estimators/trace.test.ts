import { describe, expect, it } from "vitest";
import { thinQr } from "../linalg/thin-qr.ts";
import { dot, norm2, scale } from "../linalg/vector.ts";
import { orthogonalize } from "../linalg/multi-vector.ts";
import { denseOperator, diagonalOperator } from "../operators/dense-operator.ts";
import { createRandom } from "../random/random-stream.ts";
import { estimateFrobeniusNorm } from "./frobenius-norm.ts";
import { sphereProbe } from "./probe.ts";
import { countProducts } from "./products.ts";
import { estimateTrace } from "./trace.ts";
import type { TraceOptions } from "./trace.ts";
import { inBlocks, rotated, roundedToFloat32 } from "../../test/support/prescribed-spectrum.ts";
import { xtrace } from "./xtrace.ts";

const list = (n: number, f: (i: number) => number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => f(i + 1));

/** The law of a sphere probe depends on the spectrum alone, so diagonal matrices are as good as any. */
const spectra = {
  flat: list(60, (i) => 0.9 + 0.2 * (i / 60)),
  decaying: list(60, (i) => 1 / i),
  "indefinite with outliers": Float64Array.of(50, -20, 10, ...list(57, (i) => -1 + 2.4 * (i / 57))),
  large: list(1500, (i) => 1 + Math.sin(i) + (i <= 3 ? 40 : 0)),
};
const tiny = list(10, (i) => -1 + 0.4 * i);

const SEEDS = 1000;

async function coverage(spectrum: Float64Array, options: TraceOptions, seeds = SEEDS): Promise<number> {
  const operator = diagonalOperator(spectrum);
  const truth = spectrum.reduce((sum, x) => sum + x, 0);
  let covered = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const { interval } = await estimateTrace(operator, options, createRandom(seed), {});
    if (interval.lower <= truth && truth <= interval.upper) covered++;
  }
  return covered / seeds;
}

describe("estimateTrace covers the truth in 93 to 97 % of 1000 seeds", () => {
  it.each<[keyof typeof spectra, TraceOptions]>([
    ["flat", { tolerance: 0.02 }],
    ["decaying", { tolerance: 0.05 }],
    ["decaying", { tolerance: 0.2, method: "hutchinson" }],
    ["indefinite with outliers", { tolerance: 0.3 }],
    ["indefinite with outliers", { maxProducts: 45, method: "hutch++" }],
    ["decaying", { maxProducts: 40, method: "xtrace" }],
  ])("%s, stopping adaptively, %o", async (name, options) => {
    const share = await coverage(spectra[name], options);
    expect(share).toBeGreaterThanOrEqual(0.93);
    expect(share).toBeLessThanOrEqual(0.97);
  });

  it("in a large dimension (200 seeds)", async () => {
    const share = await coverage(spectra.large, { tolerance: 0.05 }, 200);
    expect(share).toBeGreaterThanOrEqual(0.9);
    expect(share).toBeLessThanOrEqual(0.99);
  });

  it("in dimension 10, sampled; and takes the exact trace there by itself", async () => {
    const share = await coverage(tiny, { tolerance: 0.2, method: "hutchinson" });
    expect(share).toBeGreaterThanOrEqual(0.93);
    expect(share).toBeLessThanOrEqual(0.97);
    const exact = await estimateTrace(diagonalOperator(tiny), {}, createRandom(0), {});
    expect(exact).toMatchObject({ standardError: 0, products: 10, method: "exact", converged: true });
    expect(exact.value).toBeCloseTo(12, 12);
  });
});

describe("estimateFrobeniusNorm covers the truth in 93 to 97 % of 1000 seeds", () => {
  it.each<[string, Float64Array, object]>([
    ["flat", spectra.flat, { tolerance: 0.01 }],
    ["decaying", spectra.decaying, { tolerance: 0.02 }],
    ["outliers", spectra["indefinite with outliers"], { tolerance: 0.02 }],
    ["tiny, sampled", tiny, { tolerance: 0.2, method: "hutchinson" }],
  ])("%s", async (_, spectrum, options) => {
    const operator = diagonalOperator(spectrum);
    const truth = norm2(spectrum);
    let covered = 0;
    for (let seed = 0; seed < SEEDS; seed++) {
      const { interval } = await estimateFrobeniusNorm(operator, options, createRandom(seed), {});
      if (interval.lower <= truth && truth <= interval.upper) covered++;
    }
    expect(covered / SEEDS).toBeGreaterThanOrEqual(0.93);
    expect(covered / SEEDS).toBeLessThanOrEqual(0.97);
  });
});

describe("estimateTrace", () => {
  it("deflates outliers: fewer products than plain Hutchinson, and no outlier left to sample", async () => {
    const operator = rotated(spectra.large, createRandom(1));
    const auto = await estimateTrace(operator, { tolerance: 0.01, maxProducts: 1400 }, createRandom(1), {});
    const plain = await estimateTrace(
      operator,
      { tolerance: 0.01, maxProducts: 1400, method: "hutchinson" },
      createRandom(1),
      {},
    );
    expect(auto.converged).toBe(true);
    expect(auto.products).toBeLessThan(plain.products);
    expect(auto.method).toMatch(/deflating/);
  });

  it("knows low rank and multiples of the identity to rounding", async () => {
    const rankTwo = rotated(Float64Array.of(5, -2, ...new Float64Array(98)), createRandom(2));
    const low = await estimateTrace(rankTwo, {}, createRandom(2), {});
    expect(Math.abs(low.value - 3)).toBeLessThan(1e-11);
    expect(low.interval.lower <= 3 && 3 <= low.interval.upper).toBe(true);
    expect(low.products).toBeLessThan(40);
    const same = await estimateTrace(rotated(new Float64Array(100).fill(2), createRandom(3)), {}, createRandom(3), {});
    expect(same.value).toBeCloseTo(200, 9);
    expect(same.interval.lower <= 200 && 200 <= same.interval.upper).toBe(true);
    const zero = await estimateTrace(diagonalOperator(new Float64Array(100)), {}, createRandom(3), {});
    expect(zero).toMatchObject({ value: 0, converged: true });
  });

  it("states what rounding leaves where it samples, and it is all that is known of a zero", async () => {
    const rounding = { norm: 1e-6, frobenius: 2e-6, trace: 3e-6 };
    const rounded = (spectrum: Float64Array) => ({
      ...diagonalOperator(spectrum),
      rounding: () => Promise.resolve(rounding),
    });
    const ZERO = new Float64Array(100);
    for (const spectrum of [spectra.flat, ZERO])
      for (const method of ["auto", "hutchinson", "hutch++", "xtrace"] as const) {
        const options = { method, tolerance: 0.05, maxProducts: 40 };
        const found = await estimateTrace(rounded(spectrum), options, createRandom(6), {});
        expect([method, found.rounding]).toEqual([method, rounding.trace]);
        expect(found.interval.upper - found.value).toBeGreaterThanOrEqual(rounding.trace);
      }
    const norm = await estimateFrobeniusNorm(rounded(ZERO), { maxProducts: 40 }, createRandom(6), {});
    expect(norm).toMatchObject({ value: 0, rounding: rounding.frobenius });
  });

  it("takes blocks, float32 products and a budget that ends", async () => {
    const truth = spectra.decaying.reduce((sum, x) => sum + x, 0);
    const narrow = inBlocks(roundedToFloat32(rotated(spectra.decaying, createRandom(4))), 4);
    const result = await estimateTrace(narrow, { tolerance: 0.05 }, createRandom(4), {});
    expect(Math.abs(result.value - truth)).toBeLessThan(4 * result.standardError);
    for (const method of ["auto", "hutchinson", "hutch++", "xtrace"] as const) {
      const short = await estimateTrace(
        diagonalOperator(spectra.large),
        { tolerance: 1e-6, maxProducts: 40, method },
        createRandom(5),
        {},
      );
      expect(short.converged).toBe(false);
      expect(short.products).toBeLessThanOrEqual(40);
      expect(short.interval.upper).toBeGreaterThan(short.interval.lower);
    }
    const late = await estimateTrace(diagonalOperator(spectra.large), { tolerance: 1e-6 }, createRandom(5), {
      outOfTime: () => true,
    });
    expect(late.converged).toBe(false);
  });

  it("gives the same bytes for the same seed", async () => {
    const operator = diagonalOperator(spectra.decaying);
    const [a, b] = await Promise.all([0, 0].map((seed) => estimateTrace(operator, {}, createRandom(seed), {})));
    expect(a).toEqual(b);
  });
});

describe("xtrace", () => {
  it("equals its definition, leaving one probe out at a time", async () => {
    const n = 14;
    const m = 5;
    const random = createRandom(6);
    const raw = random.normalVector(n * n);
    const operator = denseOperator(
      raw.map((x, k) => x + raw[(k % n) * n + Math.floor(k / n)]),
      n,
    );
    const { value } = await xtrace(countProducts(operator, {}), m, random);

    const omega = Array.from({ length: m }, (_, i) => sphereProbe(random.split(`probe ${i}`), n));
    const y = await operator.apply(omega);
    let mean = 0;
    for (let i = 0; i < m; i++) {
      const { q } = thinQr(y.filter((_, j) => j !== i));
      const images = await operator.apply(q);
      const z = Float64Array.from(omega[i]);
      orthogonalize(q, z);
      scale(Math.sqrt(n - m + 1) / norm2(z), z);
      const [image] = await operator.apply([z]);
      mean += (q.reduce((sum, v, j) => sum + dot(v, images[j]), 0) + dot(z, image)) / m;
    }
    expect(value).toBeCloseTo(mean, 9);
  });
});
