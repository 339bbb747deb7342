import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { betaQuantile, chiSquareQuantile, normalCdf, studentTCdf, studentTQuantile } from "./distributions.ts";
import { combine, dots, orthogonalize } from "./multi-vector.ts";
import type { Basis } from "./multi-vector.ts";
import { normalQuantile } from "./normal-quantile.ts";
import { thinQr } from "./thin-qr.ts";
import { distance, dot, norm2 } from "./vector.ts";
import { VectorBasis } from "./vector-basis.ts";
import type { FloatType } from "../util/tensor.ts";

function basisOf(vectors: readonly Float64Array[], precision: FloatType): VectorBasis {
  const basis = new VectorBasis(vectors[0]?.length ?? 0, precision);
  for (const vector of vectors) basis.push(vector);
  return basis;
}

describe("distributions (values from SciPy 1.17)", () => {
  it.each([
    ["normal 0.975", normalQuantile(0.975), 1.959963984540054],
    ["normal 1e-6", normalQuantile(1e-6), -4.753424308822899],
    ["normal 1e-300", normalQuantile(1e-300), -37.0470962993612],
    ["normal 0.07", normalQuantile(0.07), -1.4757910281791706],
    ["normal 0.3", normalQuantile(0.3), -0.5244005127080409],
    ["t 0.975, 1", studentTQuantile(0.975, 1), 12.706204736174694],
    ["t 0.975, 10", studentTQuantile(0.975, 10), 2.228138851986274],
    ["t 0.995, 49", studentTQuantile(0.995, 49), 2.679951973631552],
    ["chi2 0.95, 1", chiSquareQuantile(0.95, 1), 3.841458820694124],
    ["chi2 0.025, 0.5", chiSquareQuantile(0.025, 0.5), 5.273202591259991e-7],
    ["chi2 0.975, 1000", chiSquareQuantile(0.975, 1000), 1089.5309127749135],
    ["Φ of ∞", normalCdf(Number.POSITIVE_INFINITY), 1],
    ["1 − Φ of −∞", 1 - normalCdf(Number.NEGATIVE_INFINITY), 1],
    ["beta 0.025, 0.5, 99.5", betaQuantile(0.025, 0.5, 99.5), 4.947423533178469e-6],
    ["beta 0.975, 30, 70", betaQuantile(0.975, 30, 70), 0.39290872698476176],
  ])("%s", (_, computed, expected) => {
    expect(Math.abs(computed / expected - 1)).toBeLessThan(1e-9);
  });

  it("inverts its own distribution functions", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-4, max: 0.9999, noNaN: true }),
        fc.integer({ min: 1, max: 500 }),
        (p, degrees) => {
          expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 10);
          expect(studentTCdf(studentTQuantile(p, degrees), degrees)).toBeCloseTo(p, 10);
        },
      ),
    );
  });
});

describe("orthogonalize", () => {
  const storages: [string, number, (q: readonly Float64Array[]) => Basis][] = [
    ["arrays", 1e-14, (q) => q],
    ["float64 basis", 1e-14, (q) => basisOf(q, "float64")],
    ["float32 basis", 1e-7, (q) => basisOf(q, "float32")],
  ];

  it.each(storages)("leaves a vector orthogonal to rounding, however little is left (%s)", (_, rounding, store) => {
    const random = createRandom(1);
    const n = 3001;
    const { q } = thinQr(Array.from({ length: 13 }, () => random.normalVector(n)));
    const basis = store(q);
    for (const rest of [1, 1e-6, 1e-12]) {
      const [w] = combine(q, [random.normalVector(13)], n);
      const extra = random.normalVector(n);
      for (let i = 0; i < n; i++) w[i] += rest * extra[i];
      const original = Float64Array.from(w);
      const { after, coefficients } = orthogonalize(basis, w);
      expect(after).toBeCloseTo(norm2(w), 10);
      expect(norm2(dots(basis, w))).toBeLessThan(rounding * after * (rounding < 1e-10 ? Math.sqrt(n) : 1));
      if (rounding < 1e-10) dots(q, original).forEach((c, j) => expect(coefficients[j]).toBeCloseTo(c, 10));
    }
  });

  it("takes a vector inside the span to exactly 0", () => {
    const random = createRandom(2);
    const { q } = thinQr(Array.from({ length: 5 }, () => random.normalVector(100)));
    const [w] = combine(q, [random.normalVector(5)], 100);
    expect(orthogonalize(q, w).after).toBe(0);
    expect(norm2(w)).toBe(0);
  });

  it("agrees with plain loops for every count and length", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 11 }), fc.integer({ min: 1, max: 4200 }), fc.nat(), (count, n, seed) => {
        const random = createRandom(seed);
        const basis = Array.from({ length: count }, () => random.normalVector(n));
        const w = random.normalVector(n);
        dots(basis, w).forEach((value, j) => {
          let sum = 0;
          for (let i = 0; i < n; i++) sum += basis[j][i] * w[i];
          expect(Math.abs(value - sum)).toBeLessThan(1e-9);
        });
        const c = random.normalVector(count);
        const [y] = combine(basis, [c], n);
        const i = random.integer(n);
        let sum = 0;
        for (let j = 0; j < count; j++) sum += c[j] * basis[j][i];
        expect(y[i]).toBeCloseTo(sum, 10);
      }),
      { numRuns: 40 },
    );
  });
});

describe("VectorBasis", () => {
  it("agrees with arrays for every count and length, across memories", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 70 }),
        fc.integer({ min: 1990, max: 4200 }),
        fc.nat(),
        fc.boolean(),
        (count, n, seed, narrow) => {
          const random = createRandom(seed);
          const vectors = Array.from({ length: count }, () => random.normalVector(n).map(Math.fround));
          const basis = basisOf(vectors, narrow ? "float32" : "float64");
          expect(basis.length).toBe(count);
          const w = random.normalVector(n);
          const expected = dots(vectors, w);
          dots(basis, w).forEach((x, j) => expect(Math.abs(x - expected[j])).toBeLessThan(1e-9));
          const sparse = Float64Array.from({ length: count }, (_, j) => (j === seed % count ? 1.5 : 0));
          const [y, z] = combine(basis, [random.split("c").normalVector(count), sparse], n);
          const [yExpected, zExpected] = combine(vectors, [random.split("c").normalVector(count), sparse], n);
          for (let i = 0; i < n; i++) {
            expect(Math.abs(y[i] - yExpected[i])).toBeLessThan(1e-11);
            expect(z[i]).toBe(zExpected[i]);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("keeps float32 vectors in the SIMD memory, rounded", () => {
    const vector = createRandom(4).normalVector(3000);
    const [read] = combine(basisOf([vector], "float32"), [Float64Array.of(1)], 3000);
    expect(read).toEqual(vector.map(Math.fround));
  });

  it("runs the kernels of kernels.wat", () => {
    const root = new URL("../..", import.meta.url);
    const { status, stderr } = spawnSync(process.execPath, ["scripts/assemble-kernels.mjs", "--check"], {
      cwd: root,
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });
});

describe("thinQr", () => {
  it("reproduces its columns and drops dependent ones", () => {
    const random = createRandom(3);
    const [a, b] = [random.normalVector(50), random.normalVector(50)];
    const dependent = a.map((x, i) => 2 * x - b[i]);
    const { q, r } = thinQr([a, dependent, b, random.normalVector(50)]);
    expect(q.length).toBe(3);
    [a, dependent, b].forEach((column, j) => {
      const [back] = combine(q, [r[j]], 50);
      back.forEach((x, i) => expect(x).toBeCloseTo(column[i], 12));
    });
    for (let i = 0; i < 3; i++) for (let j = 0; j <= i; j++) expect(dot(q[i], q[j])).toBeCloseTo(i === j ? 1 : 0, 14);
  });
});

describe("norm2", () => {
  it("survives squares that overflow and underflow, and shows a NaN", () => {
    expect(norm2(Float64Array.of(3e200, 4e200))).toBeCloseTo(5e200, -186);
    expect(norm2(Float64Array.of(3e-200, 4e-200)) / 5e-200).toBeCloseTo(1, 14);
    expect(norm2(Float64Array.of(1, Number.NaN))).toBeNaN();
  });
});

describe("distance", () => {
  it.each([
    ["as far as Pythagoras says", [4, 0, 5, 12, 3], [1, 4, 5, 0, 3], 13],
    ["where squares overflow", [3e200, 0], [0, 4e200], 5e200],
    ["where squares vanish", [3e-200, 0], [0, 4e-200], 5e-200],
    ["of a point from itself", [1, 2, 3], [1, 2, 3], 0],
  ])("is right %s", (_, x, y, expected) => {
    const found = distance(Float64Array.from(x), Float64Array.from(y));
    expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-15 * expected);
  });

  it("is no number where one of them is none", () => {
    expect(distance(Float64Array.of(1, Number.NaN), Float64Array.of(1, 2))).toBeNaN();
  });
});
