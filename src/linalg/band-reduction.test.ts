import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { PANEL, reduceToBand } from "./band-reduction.ts";
import { chaseBand } from "./chase-band.ts";
import { chosenRows } from "./lower-rows.ts";
import { SymmetricBand } from "./symmetric-band.ts";
import { symmetricEigen, symmetricSpectrum, toTheEnd } from "./symmetric-eigen.ts";
import { backTransform, TOGETHER } from "./transform-back.ts";
import { copyTriangle } from "./triangle.ts";
import { tridiagonalEigen } from "./tridiagonal-eigen.ts";

/** Of elements from −½ to ½ times `size`; graded, they shrink by powers of ten from row to row, but for the first. */
function symmetric(n: number, seed: number, sparsity: number, size: number, grading = 0): Float64Array {
  const random = createRandom(seed);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++)
      a[i * n + j] = a[j * n + i] =
        random.uniform() < sparsity ? 0 : size * 10 ** (-grading * (i + j)) * (random.uniform() - 0.5);
  if (grading > 0) a[0] = size;
  return a;
}

describe("a band on the way to tridiagonal form", () => {
  it("keeps spectrum and eigenvectors, whatever its width, for dense, sparse, graded, tiny and huge matrices", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom(1, 2, 4, 8, PANEL),
        fc.nat(),
        fc.constantFrom(0, 0.7, 0.97, 1),
        fc.constantFrom(1, 1e-200, 1e150),
        fc.constantFrom(0, 0, 0.5, 4, 12),
        fc.boolean(),
        (n, width, seed, sparsity, size, grading, simd) => {
          const a = symmetric(n, seed, sparsity, size, grading);
          const all = Uint32Array.from({ length: n }, (_, i) => i);
          const triangle = copyTriangle(chosenRows(a, n, all), PANEL, simd);
          const { band, reflections } = toTheEnd(reduceToBand(triangle, n, width));
          for (let i = 0; i < n; i++)
            for (let j = Math.max(0, i - 2 * width); j < i - width; j++) expect(band.elements[band.at(i, j)]).toBe(0);
          const { diagonal, offDiagonal, chase } = toTheEnd(chaseBand(band, simd));
          const { values, vectors } = tridiagonalEigen(diagonal, offDiagonal, "all");
          const back = backTransform(reflections, chase, simd);
          for (let at = 0; at < n; at += TOGETHER) back(vectors.slice(at, at + TOGETHER));
          const norm = Math.max(...values.map(Math.abs)) + Number.MIN_VALUE;
          symmetricEigen(a, n, false).values.forEach((value, i) =>
            expect(Math.abs(value - values[i]) / norm).toBeLessThan(1e-13 * n),
          );
          let worst = 0;
          vectors.forEach((v, e) => {
            for (let i = 0; i < n; i++) {
              let product = 0;
              for (let j = 0; j < n; j++) product += (a[i * n + j] / norm) * v[j];
              worst = Math.max(worst, Math.abs(product - (values[e] / norm) * v[i]));
            }
            for (let f = 0; f <= e; f++) {
              const inner = v.reduce((sum, x, i) => sum + x * vectors[f][i], 0);
              worst = Math.max(worst, Math.abs(inner - (e === f ? 1 : 0)));
            }
          });
          expect(worst).toBeLessThan(1e-13 * n);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("leaves a band as it is on the way to it, and a tridiagonal matrix alone", () => {
    const n = 40;
    const a = symmetric(n, 3, 0, 1).map((x, at) => (Math.abs((at % n) - Math.floor(at / n)) <= 1 ? x : 0));
    const all = Uint32Array.from({ length: n }, (_, i) => i);
    const triangle = copyTriangle(chosenRows(a, n, all), PANEL);
    const { diagonal, offDiagonal } = toTheEnd(chaseBand(toTheEnd(reduceToBand(triangle, n, 8)).band));
    diagonal.forEach((x, i) => expect(x).toBe(a[i * n + i]));
    offDiagonal.forEach((x, i) => expect(x).toBe(a[(i + 1) * n + i]));
  });

  it.each([1e-100, 1e-155, 1e-161, 1e-300])("keeps the spectrum of one whose first column is %d", (tiny) => {
    const [n, width] = [40, 8];
    const bandOf = (column: number) => {
      const band = new SymmetricBand(n, width);
      const random = createRandom(1);
      for (let i = 0; i < n; i++)
        for (let j = Math.max(0, i - width); j <= i; j++)
          band.set(i, j, (j === 0 && i > 0 ? column : 1) * (random.uniform() - 0.5));
      const { diagonal, offDiagonal } = toTheEnd(chaseBand(band));
      return tridiagonalEigen(diagonal, offDiagonal, "none").values;
    };
    const expected = bandOf(0);
    bandOf(tiny).forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(1e-14));
  });

  it("is taken for large matrices: eigenpairs of one with a known spectrum, copies included", () => {
    const n = 620;
    const truth = Float64Array.from({ length: n }, (_, i) => Math.floor(i / 3) / 10 - 4);
    const u = createRandom(2).normalVector(n);
    const square = u.reduce((sum, x) => sum + x * x, 0);
    // (I − 2uuᵀ/‖u‖²) D (I − 2uuᵀ/‖u‖²), D in an order without meaning.
    const d = truth.map((_, i) => truth[(i * 7) % n]);
    const weighted = u.reduce((sum, x, i) => sum + d[i] * x * x, 0) / square;
    const a = new Float64Array(n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        a[i * n + j] = (i === j ? d[i] : 0) - (2 * u[i] * u[j] * (d[i] + d[j] - 2 * weighted)) / square;
    const { values, vectorsAt } = toTheEnd(symmetricSpectrum(a, n));
    truth.forEach((value, i) => expect(Math.abs(value - values[i])).toBeLessThan(1e-12));
    const places = [n - 1, n - 2, n - 3, n - 4, 0, 1, 2];
    const vectors = [...vectorsAt(places)].flat();
    vectors.forEach((v, e) => {
      let rest = 0;
      for (let i = 0; i < n; i++) {
        let product = 0;
        for (let j = 0; j < n; j++) product += a[i * n + j] * v[j];
        rest += (product - values[places[e]] * v[i]) ** 2;
      }
      expect(Math.sqrt(rest)).toBeLessThan(1e-11);
    });
  });
});

describe("a large matrix of low rank", () => {
  it.each([
    [520, 20, 0],
    [600, 120, 0.15],
    [1000, 30, 0],
  ])("of dimension %d and rank %d has its values, and zeros to rounding", (n, rank, grading) => {
    const random = createRandom(3);
    const rows = Array.from({ length: rank }, (_, k) => random.normalVector(n).map((x) => x * Math.exp(-grading * k)));
    const a = new Float64Array(n * n);
    for (const row of rows) for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) a[i * n + j] += row[i] * row[j];
    const { values } = symmetricEigen(a, n, false);
    // The others are those of the small Gram matrix.
    const gram = Float64Array.from({ length: rank * rank }, (_, at) => {
      const [v, w] = [rows[Math.floor(at / rank)], rows[at % rank]];
      return v.reduce((sum, x, i) => sum + x * w[i], 0);
    });
    const expected = [...new Float64Array(n - rank), ...symmetricEigen(gram, rank, false).values];
    const errors = values.map((value, i) => Math.abs(value - expected[i]) / (values[n - 1] * Number.EPSILON));
    // Single ones depend on the order of sums: up to 31 roundings over eight seeds at n = 520, growing with √n.
    expect(Math.max(...errors)).toBeLessThan(2 * Math.sqrt(n));
    expect(Math.sqrt(errors.reduce((sum, x) => sum + x * x, 0) / n)).toBeLessThan(5);
  });
});

describe("a Kronecker product of two matrices", () => {
  it.each([
    [25, 24],
    [4, 150],
  ])("of dimensions %d and %d has the products of their eigenvalues", (n, m) => {
    const [a, b] = [symmetric(n, 1, 0, 1), symmetric(m, 2, 0, 1)];
    const [size, product] = [n * m, new Float64Array((n * m) ** 2)];
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++)
        product[i * size + j] = a[Math.floor(i / m) * n + Math.floor(j / m)] * b[(i % m) * m + (j % m)];
    const factors = [symmetricEigen(a, n, false).values, symmetricEigen(b, m, false).values];
    const expected = Float64Array.from(factors[0]).reduce<number[]>(
      (all, x) => [...all, ...Array.from(factors[1], (y) => x * y)],
      [],
    );
    expected.sort((x, y) => x - y);
    const { values } = symmetricEigen(product, size, false);
    const worst = Math.max(...values.map((value, i) => Math.abs(value - expected[i])));
    expect(worst / Math.max(...expected.map(Math.abs))).toBeLessThan(100 * Number.EPSILON);
  });
});
