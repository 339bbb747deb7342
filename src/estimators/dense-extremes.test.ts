import { describe, expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { rotated, roundedToFloat32 } from "../../test/support/prescribed-spectrum.ts";
import { denseExtremes } from "./dense-extremes.ts";
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
