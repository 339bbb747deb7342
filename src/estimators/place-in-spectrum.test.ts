import { describe, expect, it } from "vitest";
import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import { norm2 } from "../linalg/vector.ts";
import { diagonalOperator } from "../operators/dense-operator.ts";
import { createRandom, type RandomStream } from "../random/random-stream.ts";
import { extremalEigenpairs, type ExtremalOptions } from "./extremal-eigenpairs.ts";
import { randomBlock } from "./krylov-space.ts";
import { errorsInPlace } from "./place-in-spectrum.ts";

const list = (n: number, f: (i: number) => number): Float64Array => Float64Array.from({ length: n }, (_, i) => f(i));

describe("errorsInPlace", () => {
  it("bounds each eigenvalue in its place, whatever couples the pairs to the rest", () => {
    const [n, k] = [12, 4];
    for (let seed = 0; seed < 300; seed++) {
      const random = createRandom(seed);
      const diagonal = random.normalVector(n);
      diagonal.set(diagonal.slice(0, k).toSorted().toReversed());
      const matrix = new Float64Array(n * n);
      diagonal.forEach((x, i) => (matrix[i * n + i] = x));
      // From a tenth of a millionth to ten times the spectrum.
      const coupled = randomBlock(random, n - k, k).map((column) => column.map((x) => x * 10 ** (1 - seed / 40)));
      coupled.forEach((column, i) => column.forEach((x, j) => (matrix[i * n + k + j] = matrix[(k + j) * n + i] = x)));
      const { values } = symmetricEigen(matrix, n, false);
      const pairs = coupled.map((column, i) => ({ value: diagonal[i], residual: norm2(column) }));
      const errors = errorsInPlace(pairs, Math.max(...diagonal.slice(k)));
      for (const [i, { value, residual }] of pairs.entries()) {
        expect(errors[i]).toBeGreaterThanOrEqual(residual);
        const beyond = values[n - 1 - i] - value;
        // No Ritz value is beyond the eigenvalue of its place.
        expect(beyond).toBeGreaterThanOrEqual(-1e-12);
        expect(beyond).toBeLessThanOrEqual(errors[i] + 1e-12);
      }
    }
  });

  it("leaves the residual of what stands apart, and reaches a neighbour within it", () => {
    expect(errorsInPlace([{ value: 5, residual: 1e-3 }], 1)).toEqual([1e-3]);
    expect(errorsInPlace([{ value: 5, residual: 1e-3 }], -Infinity)).toEqual([1e-3]);
    expect(errorsInPlace([{ value: 5, residual: 0 }], 5.5)).toEqual([0.5]);
    expect(errorsInPlace([{ value: 5, residual: 0 }], -Infinity)).toEqual([0]);
    // [[0, r], [r, 0]] has the eigenvalues ±r.
    expect(errorsInPlace([{ value: 0, residual: 0.25 }], 0)).toEqual([0.25]);
  });
});

/** Spectra with neighbours that a search at its tolerance does not tell apart. */
const spectra: Record<string, (random: RandomStream) => Float64Array> = {
  "a small one beside others far larger": (random) => {
    const small = random.normalVector(60);
    return list(60, (i) => [1e6, 3e5, -2e5, 92][i] ?? 10 * small[i]);
  },
  "pairs that lie closer than the tolerance": () => list(60, (i) => 0.5 ** Math.floor(i / 2) * (1 + 3e-5 * (i % 2))),
  "sizes of all orders": (random) => {
    const scatter = random.normalVector(60);
    return list(60, (i) => 10 ** ((-6 * i) / 60) * (1 + 0.3 * scatter[i]));
  },
  "a bulk": (random) => {
    const bulk = random.normalVector(60);
    return list(60, (i) => (i < 2 ? 10 * (i + 1) : bulk[i]));
  },
};

describe("each eigenvalue of a search lies within its residual of the value in its place", () => {
  it.each([
    { name: "a small one beside others far larger", tolerance: 1e-4 },
    { name: "a small one beside others far larger", tolerance: 1e-2 },
    { name: "pairs that lie closer than the tolerance", tolerance: 1e-4 },
    { name: "pairs that lie closer than the tolerance", tolerance: 1e-2 },
    { name: "sizes of all orders", tolerance: 1e-4 },
    { name: "sizes of all orders", tolerance: 1e-2 },
    { name: "a bulk", tolerance: 1e-2 },
  ])(
    "$name, tolerance $tolerance",
    async ({ name, tolerance }) => {
      let outside = 0;
      for (let seed = 0; seed < 40; seed++) {
        const random = createRandom(seed);
        const spectrum = spectra[name](random.split("spectrum"));
        for (const blockSize of [1, 4])
          outside += await misplaced(spectrum, { tolerance, blockSize }, random.split("search"));
      }
      // Of 400 values; by the residuals alone 78, 107, 16, 35, 23, 12 and 6.
      expect(outside).toBeLessThanOrEqual(1);
    },
    60_000,
  );

  it("and those that stand apart keep the residual of their vectors", async () => {
    const spectrum = list(100, (i) => (i < 3 ? 100 - 10 * i : i / 100));
    const asked = { largest: 3, vectors: true };
    const { top } = await extremalEigenpairs(diagonalOperator(spectrum), asked, createRandom(1), {});
    for (const { value, residual, vector = new Float64Array(100) } of top)
      expect(residual).toBeLessThan(1.01 * norm2(vector.map((x, i) => (spectrum[i] - value) * x)) + 1e-12);
  });
});

async function misplaced(spectrum: Float64Array, options: ExtremalOptions, random: RandomStream): Promise<number> {
  const asked = { largest: 3, smallest: 2, ...options };
  const { top, bottom, converged, scale } = await extremalEigenpairs(diagonalOperator(spectrum), asked, random, {});
  expect(converged).toBe(true);
  const ascending = spectrum.toSorted();
  const truths = [...ascending.slice(-top.length).toReversed(), ...ascending.slice(0, bottom.length)];
  return [...top, ...bottom].filter(({ value, residual }, i) => Math.abs(value - truths[i]) > residual + 1e-14 * scale)
    .length;
}
