import { describe, expect, it } from "vitest";
import { symmetricEigen } from "../../src/linalg/symmetric-eigen.ts";
import type { Objective } from "../../src/optimizers/objective.ts";
import { createRandom } from "../../src/random/random-stream.ts";
import { toyOf } from "../support/optimizer-walks.ts";

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
});
