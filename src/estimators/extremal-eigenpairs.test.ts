import { describe, expect, it } from "vitest";
import { diagonalOperator } from "../operators/dense-operator.ts";
import { createRandom } from "../random/random-stream.ts";
import { extremalEigenpairs } from "./extremal-eigenpairs.ts";
import type { ExtremalOptions } from "./extremal-eigenpairs.ts";
import { inBlocks, rotated, roundedToFloat32 } from "../../test/support/prescribed-spectrum.ts";

/** Like a Hessian: a few outliers, a decaying bulk on both sides of 0, many zeros. */
const hessianLike = Float64Array.of(
  30,
  12,
  11.5,
  7,
  4,
  -0.9,
  ...Array.from({ length: 900 }, (_, i) => 2 * Math.exp(-i / 80)),
  ...Array.from({ length: 200 }, (_, i) => -0.3 * Math.exp(-i / 20)),
  ...new Float64Array(400),
);

function truth(spectrum: Float64Array, k: number): { top: number[]; bottom: number[] } {
  const sorted = Array.from(spectrum).toSorted((a, b) => a - b);
  return { top: sorted.slice(-k).toReversed(), bottom: sorted.slice(0, k) };
}

describe("extremalEigenpairs", () => {
  it.each<[string, ExtremalOptions, number]>([
    ["plain", {}, 1],
    ["with restarts", { basisLimit: 30 }, 1],
    ["in blocks of 4", {}, 4],
    ["in blocks with restarts", { basisLimit: 40 }, 4],
  ])("finds five at each end and proves them: %s", async (_, options, block) => {
    const operator = inBlocks(rotated(hessianLike, createRandom(1)), block);
    const result = await extremalEigenpairs(
      operator,
      { largest: 5, smallest: 5, tolerance: 1e-8, ...options },
      createRandom(2),
      {},
    );
    const { top, bottom } = truth(hessianLike, 5);
    expect(result.converged).toBe(true);
    result.top.forEach((pair, i) => expect(Math.abs(pair.value - top[i])).toBeLessThan(pair.residual + 1e-12));
    result.bottom.forEach((pair, i) => expect(Math.abs(pair.value - bottom[i])).toBeLessThan(pair.residual + 1e-12));
    for (const pair of [...result.top, ...result.bottom]) expect(pair.residual).toBeLessThan(1e-6);
  });

  it("sees the copies of multiple eigenvalues that one Krylov space cannot", async () => {
    const spectrum = Float64Array.of(9, 9, 9, 5, 5, 3, -4, -4, ...Array.from({ length: 142 }, (_, i) => Math.cos(i)));
    let found = 0;
    for (let seed = 0; seed < 20; seed++) {
      const operator = rotated(spectrum, createRandom(seed));
      const result = await extremalEigenpairs(operator, { largest: 3, smallest: 2 }, createRandom(seed), {});
      expect(result.top.map((pair) => Math.round(pair.value * 1e6) / 1e6)).toEqual([9, 9, 9]);
      expect(result.bottom.map((pair) => Math.round(pair.value * 1e6) / 1e6)).toEqual([-4, -4]);
      expect(result.converged).toBe(true);
      found += result.multiplicity.found;
      expect(result.multiplicity.checked).toBe(true);
      expect(result.multiplicity.missProbability).toBeLessThan(0.01);
    }
    expect(found).toBeGreaterThan(10);
  });

  it.each([12, 30, 44])(
    "leaves no more room than the residuals where it saw the whole spectrum: dimension %i",
    async (n) => {
      const spectrum = Float64Array.from({ length: n }, (_, i) =>
        i === 0 ? 4e-6 : i < 4 ? 1.5 : 0.01 * 1.06 ** (i % 30),
      );
      for (let seed = 0; seed < 8; seed++) {
        const exact = inBlocks(rotated(spectrum, createRandom(seed)), seed % 2 === 0 ? 1 : 3);
        for (const operator of [exact, roundedToFloat32(exact)]) {
          const { top, bottom, scale, multiplicity } = await extremalEigenpairs(
            operator,
            { largest: 2, smallest: 2 },
            createRandom(seed),
            {},
          );
          const { missProbability, margin } = multiplicity;
          if (missProbability !== 0) continue;
          const rounding = operator.precision === "float32" ? 1e-3 : 1e-5;
          expect(margin).toBeLessThan(rounding * scale);
          const [last, first] = [top.at(-1), bottom[0]];
          expect((last?.value ?? 0) + (last?.residual ?? 0) + margin).toBeGreaterThanOrEqual(1.5);
          expect(first.value - first.residual - margin).toBeLessThanOrEqual(4e-6);
          if (operator.precision === "float64" && n <= 44)
            expect(first.value - first.residual - margin).toBeGreaterThan(0);
        }
      }
      expect.hasAssertions();
    },
  );

  it("finds the outlier among many random starts: no miss in 30 seeds", async () => {
    const spectrum = Float64Array.of(1.5, ...Array.from({ length: 199 }, (_, i) => 2 * (i / 200) - 1));
    for (let seed = 0; seed < 30; seed++) {
      const result = await extremalEigenpairs(
        diagonalOperator(spectrum),
        { largest: 1, smallest: 1 },
        createRandom(seed),
        {},
      );
      expect(result.top[0].value).toBeCloseTo(1.5, 9);
      expect(result.bottom[0].value).toBeCloseTo(-1, 4);
    }
  });

  it("works for every small dimension, whatever is asked", async () => {
    for (const spectrum of [[3], [2, 2], [0, 0, 0], [1, -1], [1, 2, 3, 4]]) {
      const operator = diagonalOperator(Float64Array.from(spectrum));
      const result = await extremalEigenpairs(
        operator,
        { largest: 3, smallest: 2, vectors: true },
        createRandom(0),
        {},
      );
      const { top, bottom } = truth(Float64Array.from(spectrum), 3);
      expect(result.converged).toBe(true);
      result.top.forEach((pair, i) => expect(pair.value).toBeCloseTo(top[i], 10));
      result.bottom.forEach((pair, i) => expect(pair.value).toBeCloseTo(bottom[i], 10));
      expect(result.top.length).toBe(Math.min(3, spectrum.length));
      expect(result.bottom.length).toBe(Math.min(2, spectrum.length));
    }
  });

  it("reaches what float32 products allow, and says what it reached", async () => {
    const operator = roundedToFloat32(rotated(hessianLike, createRandom(4)));
    const result = await extremalEigenpairs(operator, { largest: 5, smallest: 1 }, createRandom(4), {});
    expect(result.converged).toBe(true);
    const { top } = truth(hessianLike, 5);
    result.top.forEach((pair, i) => expect(Math.abs(pair.value - top[i])).toBeLessThan(1e-5 * 30));
  });

  it("keeps to its budget and says that it has not converged", async () => {
    const operator = rotated(
      Float64Array.from({ length: 2000 }, (_, i) => Math.sqrt(i)),
      createRandom(5),
    );
    const few = await extremalEigenpairs(operator, { largest: 2, maxProducts: 20 }, createRandom(5), {});
    expect(few.converged).toBe(false);
    expect(few.products).toBeLessThanOrEqual(20);
    expect(few.top.length).toBe(2);
    let calls = 0;
    const late = await extremalEigenpairs(operator, { largest: 1 }, createRandom(5), { outOfTime: () => ++calls > 12 });
    expect(late.converged).toBe(false);
    expect(late.top.length).toBe(1);
  });
});

describe("eigenvalues below the tolerance of the largest", () => {
  // As of the gradients of few examples, one of which outweighs the others.
  const spectrum = Float64Array.of(1, 7e-6, 1.6e-6, 7e-7, 6e-8, 3e-8, 2e-9, 4e-12);
  const operator = (n: number) =>
    rotated(Float64Array.of(...spectrum, ...new Float64Array(n - spectrum.length)), createRandom(1));

  it.each([53, 400])("are found by themselves where that is asked for, among %i", async (n) => {
    for (let seed = 0; seed < 10; seed++) {
      const { top, converged, products } = await extremalEigenpairs(
        operator(n),
        { largest: 5, relative: true, blockSize: 1 },
        createRandom(seed),
        {},
      );
      expect(converged).toBe(true);
      expect(products).toBeLessThan(40);
      top.forEach(({ value, residual }, i) => {
        expect(Math.abs(value - spectrum[i])).toBeLessThanOrEqual(residual);
        expect(residual).toBeLessThan(0.2 * spectrum[i]);
      });
    }
  });

  it.each([1e-8, 1e-7])("are not further off than is stated where products round by %f of it", async (norm) => {
    const rounding = () => Promise.resolve({ norm, frobenius: norm, trace: norm });
    for (let seed = 0; seed < 20; seed++) {
      const { top } = await extremalEigenpairs(
        { ...operator(53), rounding },
        { largest: 5, relative: true, blockSize: 1 },
        createRandom(seed),
        {},
      );
      top.forEach(({ value, residual }, i) => expect(Math.abs(value - spectrum[i])).toBeLessThanOrEqual(residual));
    }
  });
});

describe("a search near known vectors", () => {
  /** A rotated spectrum, and the same with small and large changes: its vectors are near, but for what is new. */
  const next = (spectrum: Float64Array, seed: number) => rotated(spectrum, createRandom(seed));

  it("finds the same ends with fewer products, and bounds what it missed itself", async () => {
    const before = next(hessianLike, 3);
    const moved = next(
      hessianLike.map((x, i) => x * (1 + 0.05 * Math.sin(i))),
      3,
    );
    const first = await extremalEigenpairs(
      before,
      { largest: 1, smallest: 1, near: [], vectors: true },
      createRandom(1),
      {},
    );
    const near = [...first.top, ...first.bottom].flatMap(({ vector }) => vector ?? []);
    const fresh = await extremalEigenpairs(moved, { largest: 1, smallest: 1 }, createRandom(2), {});
    const warm = await extremalEigenpairs(moved, { largest: 1, smallest: 1, near }, createRandom(2), {});
    for (const end of ["top", "bottom"] as const)
      expect(Math.abs(warm[end][0].value - fresh[end][0].value)).toBeLessThan(
        warm[end][0].residual + fresh[end][0].residual,
      );
    expect(warm.converged).toBe(true);
    expect(warm.multiplicity).toMatchObject({ checked: true, products: 0 });
    expect(warm.multiplicity.missProbability).toBeLessThan(2e-3);
    expect(warm.products).toBeLessThan(0.5 * fresh.products);
  });

  it("does not miss an eigenvalue that is new, though the known vectors have no part in it: 60 seeds", async () => {
    // The known vectors are eigenvectors of the second and the last value exactly: only the random part sees the first.
    const n = 400;
    const unit = (i: number) => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0));
    const spectrum = Float64Array.from({ length: n }, (_, i) =>
      i === 0 ? 10.5 : i === 1 ? 10 : i === n - 1 ? -2 : Math.cos(i),
    );
    let unbounded = 0;
    for (let seed = 0; seed < 60; seed++) {
      const { top, multiplicity } = await extremalEigenpairs(
        diagonalOperator(spectrum),
        { largest: 1, smallest: 1, near: [unit(1), unit(n - 1)], tolerance: 1e-3 },
        createRandom(seed),
        {},
      );
      expect(top[0].value).toBeCloseTo(10.5, 4);
      if (multiplicity.missProbability === null) unbounded++;
    }
    expect(unbounded).toBe(0);
  });

  it("of a matrix of zeros, of one dimension and with restarts ends as any other", async () => {
    const options: ExtremalOptions = { largest: 1, smallest: 1, near: [] };
    for (const spectrum of [[0], [3], [0, 0, 0, 0], [2, 2, 2]]) {
      const operator = diagonalOperator(Float64Array.from(spectrum));
      const { top, bottom, converged } = await extremalEigenpairs(operator, options, createRandom(1), {});
      expect([top[0].value, bottom[0].value, converged]).toEqual([Math.max(...spectrum), Math.min(...spectrum), true]);
    }
    const short = await extremalEigenpairs(next(hessianLike, 5), { ...options, basisLimit: 12 }, createRandom(1), {});
    expect(Math.abs(short.top[0].value - 30)).toBeLessThan(short.top[0].residual);
    expect(short.converged).toBe(true);
  });

  it("is one for an eigenvalue at each end", async () => {
    const operator = diagonalOperator(Float64Array.of(1, 2, 3));
    await expect(extremalEigenpairs(operator, { largest: 2, near: [] }, createRandom(1), {})).rejects.toMatchObject({
      code: "several-near",
    });
    await expect(
      extremalEigenpairs(operator, { near: [new Float64Array(2)] }, createRandom(1), {}),
    ).rejects.toMatchObject({ code: "dimension-mismatch" });
  });
});
