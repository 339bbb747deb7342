import { describe, expect, it } from "vitest";
import { symmetricEigen } from "../../src/linalg/symmetric-eigen.ts";
import type { Objective } from "../../src/optimizers/objective.ts";
import { createRandom } from "../../src/random/random-stream.ts";
import { toyOf, placesOf } from "../support/optimizer-walks.ts";

const random = createRandom(5);

describe("landscapes of few weights", () => {
  /** The Hessian of a function there, row-major. */
  const hessianAt = (f: Objective, at: Float64Array) => {
    const n = f.dimension;
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      const unit = new Float64Array(n);
      unit[i] = 1;
      f.hessianVector(at, unit, matrix.subarray(i * n, (i + 1) * n));
    }
    return matrix;
  };

  it("a product of weights that is right is a flat surface with one curvature Σ(p/wᵢ)², least where all are alike (E4)", () => {
    const f = toyOf("chain:3:p=1");
    const curvatureAt = (w: readonly number[]) => {
      const { values } = symmetricEigen(hessianAt(f, Float64Array.from(w)), 3, false);
      for (const flat of values.subarray(0, 2)) expect(Math.abs(flat)).toBeLessThan(1e-12);
      expect(Math.abs(values[2] - w.reduce((sum, each) => sum + each ** -2, 0))).toBeLessThan(1e-12);
      return values[2];
    };
    expect(curvatureAt([2, 0.5, 1])).toBeCloseTo(5.25, 12);
    expect(curvatureAt([1, 1, 1])).toBeCloseTo(3, 12);
    const own = random.split("E4");
    for (let i = 0; i < 50; i++) {
      const [a, b] = [Math.exp(own.normal()), Math.exp(own.normal())];
      expect(curvatureAt([a, b, 1 / (a * b)])).toBeGreaterThan(3);
    }
  });

  it("gradient descent drifts off wᵢ² − wⱼ², which gradient flow keeps, in proportion to its steps (E4)", () => {
    const f = toyOf("chain:3:p=1");
    const start = [1.5, 0.4, 0.8];
    const drifts = [0.002, 0.001].map((lr) => {
      const places = placesOf(f, `gd:${lr}`, start, Math.round(20 / lr));
      const [a, b] = places.at(-1) ?? [];
      return a * a - b * b - (1.5 ** 2 - 0.4 ** 2);
    });
    expect(drifts[0]).not.toBe(0);
    expect(Math.abs(drifts[0] / drifts[1] - 2)).toBeLessThan(0.01);
  });

  it("a sample of n has two wells half of the time, however large, but the barrier between them is 1/8n (E8)", () => {
    const own = random.split("E8");
    const ofSum = new Map<number, number>();
    for (const n of [10, 100, 1000]) {
      const samples = n === 1000 ? 40_000 : 400_000 / (n / 10);
      ofSum.clear();
      for (let i = 0; i < samples; i++) {
        let ups = 0;
        for (let k = 0; k < n; k += 25) {
          // As many fair coins as bits.
          const bits = Math.floor(own.uniform() * 2 ** Math.min(25, n - k));
          for (let rest = bits; rest > 0; rest &= rest - 1) ups++;
        }
        ofSum.set(ups, (ofSum.get(ups) ?? 0) + 1);
      }
      let [barrier, wells] = [0, 0];
      for (const [ups, count] of ofSum) {
        const f = toyOf(`two-well:s=${(2 * ups) / n - 1}:n=1`);
        const minima = f.critical.filter(({ kind }) => kind === "minimum");
        if (minima.length === 2) {
          wells += count;
          barrier += count * (f.value(new Float64Array(1)) - f.value(minima[0].at));
        }
      }
      // P(2k > n) = ½(1 − C(n, n/2)/2ⁿ) for even n.
      let middle = 1;
      for (let k = 1; k <= n / 2; k++) middle *= (n / 2 + k) / (4 * k);
      const p = (1 - middle) / 2;
      expect(Math.abs(wells / samples - p)).toBeLessThan(3 * Math.sqrt((p * (1 - p)) / samples));
      expect(Math.abs((8 * n * barrier) / samples - 1)).toBeLessThan(Math.max(0.02, 3 * Math.sqrt(5 / samples)));
    }
  });
});
