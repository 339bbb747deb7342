import { denseOperator } from "../operators/dense-operator.ts";
import { dot } from "../linalg/vector.ts";
import { describe, expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { rotated, roundedToFloat32 } from "../../test/support/prescribed-spectrum.ts";
import { symmetricSpectrum, type SymmetricSpectrum } from "../linalg/symmetric-eigen.ts";
import { inSteps } from "../util/in-steps.ts";
import { denseEnds } from "./dense-extremes.ts";
import { denseMatrix } from "./exact-spectrum.ts";
import { countProducts } from "./products.ts";

async function spectrumOf(matrix: Float64Array, n: number): Promise<SymmetricSpectrum> {
  const spectrum = await inSteps(symmetricSpectrum(matrix, n), {}, () => undefined);
  if (!spectrum) throw new Error("There was no limit of time.");
  return spectrum;
}

describe("extremes from the whole matrix", () => {
  it.each([
    [40, 7, 3],
    [12, 12, 12],
    [5, 9, 9],
  ])(
    "of dimension %i: %i at the top and %i at the bottom, copies included, in float32",
    async (n, largest, smallest) => {
      const spectrum = Float64Array.from({ length: n }, (_, i) => Math.floor(i / 2) - 2);
      const operator = roundedToFloat32(rotated(spectrum, createRandom(4)));
      const products = countProducts(operator, {});
      const { matrix, asymmetry } = await denseMatrix(products, "test");
      const dense = { matrix, asymmetry, products: products.count(), spectrum: await spectrumOf(matrix, n) };
      const result = await denseEnds(operator, dense, { largest, smallest }, {});
      expect(result.method).toMatch(/whole matrix/);
      expect(result.products).toBe(n);
      const ascending = spectrum.toSorted();
      expect(result.top).toHaveLength(Math.min(n, largest));
      expect(result.bottom).toHaveLength(Math.min(n, smallest));
      result.top.forEach(({ value, residual }, i) =>
        expect(Math.abs(value - ascending[n - 1 - i])).toBeLessThanOrEqual(residual),
      );
      result.bottom.forEach(({ value, residual }, i) =>
        expect(Math.abs(value - ascending[i])).toBeLessThanOrEqual(residual),
      );
      const images = await operator.apply(result.top.map(({ vector = new Float64Array(n) }) => vector));
      result.top.forEach(({ value, residual, vector = new Float64Array(n) }, i) =>
        expect(Math.hypot(...images[i].map((x, j) => x - value * vector[j]))).toBeLessThanOrEqual(residual),
      );
      for (const { residual } of result.top) expect(residual).toBeLessThan(1e-4);
    },
  );
});

it("ends of a known spectrum have their copies, with vectors that belong to them", async () => {
  const n = 60;
  const values = Float64Array.from({ length: n }, (_, i) => (i < 3 ? -2 : i < 56 ? i / 100 : 5));
  const matrix = new Float64Array(n * n);
  // A reflection I − 2uuᵀ of the diagonal matrix.
  const u = Float64Array.from({ length: n }, (_, i) => Math.sin(i + 1));
  const length = Math.hypot(...u);
  const entry = (i: number, j: number) => (i === j ? 1 : 0) - (2 * u[i] * u[j]) / length ** 2;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) matrix[i * n + j] += entry(i, k) * values[k] * entry(j, k);
  const symmetric = matrix.map((x, at) => (x + matrix[(at % n) * n + Math.floor(at / n)]) / 2);
  const found = await denseEnds(
    denseOperator(symmetric, n),
    { matrix: symmetric, spectrum: await spectrumOf(symmetric, n), asymmetry: 0, products: n },
    { largest: 4, smallest: 4 },
    {},
  );
  [5, 5, 5, 5].forEach((value, i) => expect(found.top[i].value).toBeCloseTo(value, 12));
  [-2, -2, -2, 0.03].forEach((value, i) => expect(found.bottom[i].value).toBeCloseTo(value, 12));
  const pairs = [...found.top, ...found.bottom];
  for (const { residual } of pairs) expect(residual).toBeLessThan(1e-12);
  for (const [i, a] of pairs.entries())
    for (const b of pairs.slice(0, i)) expect(Math.abs(dot(a.vector ?? u, b.vector ?? u))).toBeLessThan(1e-12);
});

it("eigenvectors end with the time, the outermost first, and the values stand without them", async () => {
  const n = 80;
  const { operator, values } = { operator: rotated(spectrum(n), createRandom(1)), values: spectrum(n) };
  const { matrix, asymmetry } = await denseMatrix(countProducts(operator, {}), "test");
  const dense = { matrix, asymmetry, products: n, spectrum: await spectrumOf(matrix, n) };
  let asked = 0;
  const found = await denseEnds(operator, dense, { largest: n, smallest: n }, { outOfTime: () => ++asked > 2 });
  expect(found.converged).toBe(false);
  expect(found.reason).toBe("The time was up after 12 of 80 eigenvectors; every eigenvalue is known.");
  const pairs = [...found.top, ...found.bottom];
  expect(pairs.filter(({ vector }) => vector !== undefined)).toHaveLength(24);
  expect(found.top.map(({ vector }) => vector !== undefined).lastIndexOf(true)).toBe(79);
  expect(found.top.slice(0, 6).every(({ vector }) => vector !== undefined)).toBe(true);
  expect(found.bottom.slice(0, 6).every(({ vector }) => vector !== undefined)).toBe(true);
  found.top.forEach(({ value, residual }, i) =>
    expect(Math.abs(value - values[n - 1 - i])).toBeLessThanOrEqual(residual + 1e-12),
  );
});

function spectrum(n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => i - 5);
}

it("takes no product for a row that is zero, whether the matrix falls apart or not", async () => {
  const n = 600;
  const inner = rotated(spectrum(480), createRandom(2));
  const isZero = (i: number) => i % 5 === 3;
  const places = Array.from({ length: n }, (_, i) => i).filter((i) => !isZero(i));
  const operator = {
    ...inner,
    dimension: n,
    apply: async (block: readonly Float64Array[]) => {
      const images = await inner.apply(block.map((v) => Float64Array.from(places, (i) => v[i])));
      return images.map((image) => {
        const whole = new Float64Array(n);
        places.forEach((place, i) => (whole[place] = image[i]));
        return whole;
      });
    },
  };
  const products = countProducts(operator, {});
  const { matrix, asymmetry } = await denseMatrix(products, "test");
  expect(products.count()).toBe(482);
  expect(asymmetry).toBeLessThan(1e-11);
  const { values } = await spectrumOf(matrix, n);
  expect(values.filter((value) => value === 0)).toHaveLength(120);
  const truth = [...spectrum(480), ...new Float64Array(120)].toSorted((a, b) => a - b);
  truth.forEach((value, i) => expect(values[i]).toBeCloseTo(value, 8));
});
