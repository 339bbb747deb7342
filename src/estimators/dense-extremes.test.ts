import { denseOperator } from "../operators/dense-operator.ts";
import { dot } from "../linalg/vector.ts";
import { describe, expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { rotated, roundedToFloat32 } from "../../test/support/prescribed-spectrum.ts";
import { denseEnds, denseExtremes } from "./dense-extremes.ts";
import { denseMatrix } from "./exact-spectrum.ts";
import { countProducts } from "./products.ts";

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
      const dense = { matrix, asymmetry, products: products.count() };
      const result = denseExtremes(operator, dense, { largest, smallest });
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
    { matrix: symmetric, values, asymmetry: 0, products: n },
    { largest: 4, smallest: 4 },
    createRandom(3),
    {},
  );
  expect(found.top.map(({ value }) => value)).toEqual([5, 5, 5, 5]);
  expect(found.bottom.map(({ value }) => value)).toEqual([-2, -2, -2, 0.03]);
  const pairs = [...found.top, ...found.bottom];
  for (const { residual } of pairs) expect(residual).toBeLessThan(2e-5);
  for (const [i, a] of pairs.entries())
    for (const b of pairs.slice(0, i)) expect(Math.abs(dot(a.vector ?? u, b.vector ?? u))).toBeLessThan(1e-6);
});
