import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { decoupledBlocks } from "./decoupled-blocks.ts";
import { symmetricEigen, symmetricSpectrum, type SymmetricSpectrum } from "./symmetric-eigen.ts";
import { tridiagonalEigen } from "./tridiagonal-eigen.ts";

function randomSymmetric(n: number, seed: number): Float64Array {
  const random = createRandom(seed);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = random.normal();
  return a;
}

describe("symmetricEigen", () => {
  it("solves A v = λ v with orthonormal v for random, sparse and degenerate matrices", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 24 }), fc.nat(), fc.constantFrom(0, 0.5, 0.9, 1), (n, seed, sparsity) => {
        const random = createRandom(seed).split("mask");
        const a = randomSymmetric(n, seed);
        for (let i = 0; i < n; i++)
          for (let j = 0; j < i; j++) if (random.uniform() < sparsity) a[i * n + j] = a[j * n + i] = 0;
        const { values, vectors } = symmetricEigen(a, n, true);
        const size = Math.max(...values.map(Math.abs)) + 1e-300;
        for (let e = 0; e < n; e++) {
          const v = vectors[e];
          for (let i = 0; i < n; i++) {
            let product = 0;
            for (let j = 0; j < n; j++) product += a[i * n + j] * v[j];
            expect(Math.abs(product - values[e] * v[i])).toBeLessThan(1e-13 * size * n);
          }
          for (let f = 0; f <= e; f++) {
            let inner = 0;
            for (let j = 0; j < n; j++) inner += v[j] * vectors[f][j];
            expect(Math.abs(inner - (e === f ? 1 : 0))).toBeLessThan(1e-13 * n);
          }
        }
        expect(symmetricEigen(a, n, false).values).toEqual(values);
      }),
      { numRuns: 200 },
    );
  });

  it("keeps trace and Frobenius norm for n = 300", () => {
    const n = 300;
    const a = randomSymmetric(n, 5);
    const { values } = symmetricEigen(a, n, false);
    let trace = 0;
    for (let i = 0; i < n; i++) trace += a[i * n + i];
    expect(values.reduce((s, x) => s + x, 0)).toBeCloseTo(trace, 9);
    expect(values.reduce((s, x) => s + x * x, 0)).toBeCloseTo(
      a.reduce((s, x) => s + x * x, 0),
      6,
    );
  });

  it("says that a NaN is the trouble", () => {
    expect(() => symmetricEigen(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2, false)).toThrow(/NaN/);
  });
});

function spectrumOf(matrix: Float64Array, n: number): SymmetricSpectrum {
  const steps = symmetricSpectrum(matrix, n);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    expect(step.value).toBeGreaterThan(0);
    expect(step.value).toBeLessThanOrEqual(1 + 1e-12);
  }
}

describe("symmetricSpectrum", () => {
  it("has the values of symmetricEigen, and vectors at any places that belong to them and are orthonormal", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.nat(),
        fc.constantFrom(0, 0.9, 0.99, 1),
        fc.constantFrom(1, 1e-200, 1e150),
        fc.boolean(),
        (n, seed, sparsity, size, copies) => {
          const random = createRandom(seed).split("mask");
          let a = randomSymmetric(n, seed).map((x) => size * x);
          for (let i = 0; i < n; i++)
            for (let j = 0; j < i; j++) if (random.uniform() < sparsity) a[i * n + j] = a[j * n + i] = 0;
          if (copies) {
            // Few different values, each many times, in a random basis.
            const { vectors } = symmetricEigen(a, n, true);
            a = new Float64Array(n * n);
            vectors.forEach((v, e) => {
              for (let i = 0; i < n; i++)
                for (let j = 0; j < n; j++) a[i * n + j] += size * ((e % 3) - 1) * v[i] * v[j];
            });
            for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[j * n + i] = a[i * n + j];
          }
          const { values, vectorsAt } = spectrumOf(a, n);
          expect(values).toEqual(symmetricEigen(a, n, false).values);
          const norm = Math.max(...values.map(Math.abs)) + Number.MIN_VALUE;
          const places = Array.from({ length: n }, (_, i) => (i % 2 === 0 ? n - 1 - i / 2 : (i - 1) / 2));
          const vectors = [...vectorsAt(places)].flat();
          expect(vectors).toHaveLength(n);
          places.forEach((place, e) => {
            const v = vectors[e];
            for (let i = 0; i < n; i++) {
              let product = 0;
              for (let j = 0; j < n; j++) product += (a[i * n + j] / norm) * v[j];
              expect(Math.abs(product - (values[place] / norm) * v[i])).toBeLessThan(1e-13 * (n + 10));
            }
            for (let f = 0; f <= e; f++) {
              let inner = 0;
              for (let j = 0; j < n; j++) inner += v[j] * vectors[f][j];
              expect(Math.abs(inner - (e === f ? 1 : 0))).toBeLessThan(1e-9);
            }
          });
        },
      ),
      { numRuns: 150 },
    );
  });

  it("takes a matrix apart where it falls apart", () => {
    const n = 5;
    const a = new Float64Array(n * n);
    for (const [i, j, x] of [
      [0, 3, 2],
      [3, 4, 1],
      [1, 1, 7],
    ])
      a[i * n + j] = a[j * n + i] = x;
    expect(decoupledBlocks(a, n).map((block) => [...block])).toEqual([[0, 3, 4], [1], [2]]);
    const { values, vectorsAt } = spectrumOf(a, n);
    [-Math.sqrt(5), 0, 0, Math.sqrt(5), 7].forEach((value, i) => expect(values[i]).toBeCloseTo(value, 14));
    expect([...vectorsAt([4])].flat().map((v) => [...v])).toEqual([[0, 1, 0, 0, 0]]);
  });
});

describe("tridiagonalEigen", () => {
  it("ends where all but one entry have underflowed, as in matrices of low rank", () => {
    const least = Number.MIN_VALUE;
    for (let seed = 0; seed < 100; seed++) {
      const random = createRandom(seed);
      const d = Float64Array.from({ length: 6 }, (_, i) => (i === 0 ? 1 : least * Math.floor(6 * random.uniform())));
      const e = Float64Array.from({ length: 5 }, () => least * Math.ceil(8 * random.uniform()));
      const { values } = tridiagonalEigen(d, e, "all");
      expect(values[5]).toBe(1);
      expect(Math.max(...values.subarray(0, 5).map(Math.abs))).toBeLessThan(1e-300);
    }
  });

  it("reproduces the discrete Laplacian: λ = 2 − 2 cos(kπ/(n+1)), v ∝ sin(ikπ/(n+1))", () => {
    const n = 200;
    const d = new Float64Array(n).fill(2);
    const e = new Float64Array(n - 1).fill(-1);
    const all = tridiagonalEigen(d, e, "all");
    const ends = tridiagonalEigen(d, e, "ends");
    for (let k = 1; k <= n; k++) {
      const angle = (k * Math.PI) / (n + 1);
      expect(all.values[k - 1]).toBeCloseTo(2 - 2 * Math.cos(angle), 12);
      const first = Math.sqrt(2 / (n + 1)) * Math.sin(angle);
      expect(Math.abs(ends.first[k - 1])).toBeCloseTo(first, 11);
      expect(Math.abs(all.first[k - 1])).toBeCloseTo(first, 11);
      expect(Math.abs(ends.last[k - 1])).toBeCloseTo(first, 11);
    }
  });

  it("has Wilkinson's W21+ pair of nearly equal values", () => {
    const d = Float64Array.from({ length: 21 }, (_, i) => Math.abs(10 - i));
    const { values } = tridiagonalEigen(d, new Float64Array(20).fill(1), "none");
    expect(values[20]).toBeCloseTo(10.746194182903393, 12);
    expect(values[19]).toBeCloseTo(10.746194182903322, 12);
  });

  it("handles sizes 0 and 1 and zero couplings", () => {
    expect(tridiagonalEigen(new Float64Array(0), new Float64Array(0), "all").values.length).toBe(0);
    expect(tridiagonalEigen(Float64Array.of(3), new Float64Array(0), "ends").first[0]).toBe(1);
    expect(Array.from(tridiagonalEigen(Float64Array.of(3, 1, 2), Float64Array.of(0, 0), "all").values)).toEqual([
      1, 2, 3,
    ]);
  });
});
