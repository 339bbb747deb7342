import { describe, expect, it } from "vitest";
import { inverseOf } from "../../src/linalg/dense.ts";
import { symmetricEigen } from "../../src/linalg/symmetric-eigen.ts";
import { axpy, dot, norm2 } from "../../src/linalg/vector.ts";
import { InverseHessian } from "../../src/optimizers/bfgs.ts";
import { exactMinimum, type LinePoint } from "../../src/optimizers/line-search.ts";
import type { Objective } from "../../src/optimizers/objective.ts";
import { moreSorensen } from "../../src/optimizers/more-sorensen.ts";
import { inBall } from "../../src/optimizers/perturbed-gradient-descent.ts";
import { functionTimes, spectrumAt } from "../../src/optimizers/spectral-step.ts";
import { steihaug } from "../../src/optimizers/trust-region.ts";
import { gradientAt } from "../../src/optimizers/walk.ts";
import { createRandom } from "../../src/random/random-stream.ts";
import { toyOf, stepsTo, placesOf, answered, quadraticOf, symmetric } from "../support/optimizer-walks.ts";

const random = createRandom(5);

describe("second-order steps", () => {
  it("in a Krylov space are those of the whole one where that is as large", () => {
    const n = 8;
    const f = quadraticOf(symmetric(n, random.split("krylov")), n);
    const start = [...random.split("start").normalVector(n)];
    const [whole] = placesOf(f, "saddle-free", start, 1);
    // One dimension fewer is another step; a function of more dimensions than its Krylov space is not.
    const padded: Objective = {
      dimension: n + 4,
      value: (x) => f.value(x.subarray(0, n)),
      gradient: (x, into) => f.gradient(x.subarray(0, n), into.subarray(0, n)),
      hessianVector: (x, v, into) => f.hessianVector(x.subarray(0, n), v.subarray(0, n), into.subarray(0, n)),
    };
    const [krylov] = placesOf(padded, `saddle-free:krylov=${n}`, [...start, 0, 0, 0, 0], 1);
    whole.forEach((each, i) => expect(Math.abs(krylov[i] - each)).toBeLessThan(1e-10 * norm2(whole)));
  });

  it("of Levenberg–Marquardt stay in the saddle of a product of two weights", () => {
    // Where the Gauss–Newton matrix is 0 (claim D6).
    expect(placesOf(toyOf("chain:2"), "levenberg-marquardt", [0, 0], 5)).toEqual([]);
  });

  it("of Gauss–Newton solve Rosenbrock's square system in two, as Newton on its residuals, whatever they are called", () => {
    const f = toyOf("rosenbrock");
    const [first, second] = placesOf(f, "natural-gradient", [-1.2, 1], 2);
    // r = (1 − x, y − x²): the first step makes the linear one 0 and the linearised other one, too.
    expect(first[0]).toBeCloseTo(1, 12);
    expect(first[1]).toBeCloseTo(1.44 - 2.4 * 2.2, 12);
    expect(norm2(second.map((x) => x - 1))).toBeLessThan(1e-12);
    // In the coordinates r the natural gradient is r ← (1−η)r; in x and y it differs by O(η²).
    const off = [0.02, 0.01].map((share) => {
      const [[x, y]] = placesOf(f, `natural-gradient:${share}`, [-1.2, 1], 1);
      return Math.hypot(1 - x - (1 - share) * 2.2, y - x * x - (1 - share) * (1 - 1.44));
    });
    expect(Math.abs(off[0] / off[1] - 4)).toBeLessThan(1e-6);
  });

  it("of Levenberg–Marquardt are −(JᵀJ + μ)⁻¹g where the value falls, and so reach a curved minimum", () => {
    const f = toyOf("rosenbrock");
    const at = Float64Array.of(-1.2, 1);
    const [step] = placesOf(f, "levenberg-marquardt:damping=50", [...at], 1);
    const matrix = new Float64Array(4);
    f.gaussNewtonVector?.(at, Float64Array.of(1, 0), matrix.subarray(0, 2));
    f.gaussNewtonVector?.(at, Float64Array.of(0, 1), matrix.subarray(2, 4));
    const inverse = inverseOf(Float64Array.of(matrix[0] + 50, matrix[1], matrix[2], matrix[3] + 50), 2);
    const slope = answered(f, gradientAt(at));
    for (const i of [0, 1]) {
      const expected = at[i] - dot(inverse?.subarray(2 * i, 2 * i + 2) ?? slope, slope);
      expect(Math.abs(step[i] - expected)).toBeLessThan(1e-9);
    }
    for (const optimizer of ["levenberg-marquardt", "gauss-newton"])
      expect(stepsTo("rosenbrock:10", optimizer, new Array(10).fill(-1), 300)).toBeLessThan(300);
  });

  it("find negative curvature on every indefinite quadratic (D7)", () => {
    for (let i = 0; i < 200; i++) {
      const own = random.split(`indefinite ${i}`);
      const n = 2 + (i % 7);
      const matrix = symmetric(n, own);
      const g = own.normalVector(n);
      const f = quadraticOf(matrix, n, g);
      const { values } = symmetricEigen(matrix, n, false);
      const { end, step, promised } = answered(
        f,
        steihaug(new Float64Array(n), g, { radius: 1e6, tolerance: 1e-12, most: 2 * n }),
      );
      expect(end === "negative-curvature").toBe(values[0] < 0);
      expect(Math.abs(f.value(step) / promised - 1)).toBeLessThan(1e-8);
      if (values[0] < 0) expect(Math.abs(norm2(step) / 1e6 - 1)).toBeLessThan(1e-12);
    }
  });

  it.each([10, 100])(
    "of L-BFGS and BFGS end a quadratic of 12 dimensions in 12 exact searches; BFGS then has the inverse (D8): κ = %i",
    (kappa) => {
      const n = 12;
      const f = toyOf(`quadratic:${kappa}:${n}:0.3`);
      const start = [...random.split("D8").normalVector(n)];
      for (const optimizer of ["bfgs", "lbfgs:1", "lbfgs:5"]) {
        const places = placesOf(f, `${optimizer}:line-search=exact`, start, n);
        const norms = places.map((x) => norm2(answered(f, gradientAt(x))));
        // Rounding grows with κ where little is remembered.
        const enough = optimizer === "bfgs" ? 1e-12 : kappa === 10 ? 1e-10 : 1e-6;
        expect(norms[n - 1] / norm2(answered(f, gradientAt(Float64Array.from(start))))).toBeLessThan(enough);
        expect(norms[n - 2]).toBeGreaterThan(1e-6);
      }
      const memory = new InverseHessian(n);
      let here: Pick<LinePoint, "weights" | "value" | "gradient"> = {
        weights: Float64Array.from(start),
        value: 0,
        gradient: answered(f, gradientAt(Float64Array.from(start))),
      };
      for (let i = 0; i < n; i++) {
        const direction = memory.times(here.gradient).map((x) => -x);
        const next = answered(f, exactMinimum({ ...here, direction }));
        if (next === undefined) throw new Error("no minimum");
        memory.learn(
          next.weights.map((x, k) => x - here.weights[k]),
          next.gradient.map((x, k) => x - here.gradient[k]),
        );
        here = next;
      }
      const hessian = new Float64Array(n * n);
      for (let j = 0; j < n; j++) {
        const unit = new Float64Array(n);
        unit[j] = 1;
        f.hessianVector(here.weights, unit, hessian.subarray(j * n, (j + 1) * n));
      }
      const off = memory.matrix.map((x, i) => x - (inverseOf(hessian, n)?.[i] ?? Number.NaN));
      expect(norm2(off)).toBeLessThan(1e-10);
    },
  );

  it("of the exact trust region are no worse than any of 200 000 random ones, in the hard case, too (D7)", () => {
    const own = random.split("D7");
    const [n, radius] = [6, 1.5];
    const matrix = symmetric(n, own);
    const { values, vectors } = symmetricEigen(matrix, n, true);
    expect(values[0]).toBeLessThan(0);
    const general = own.normalVector(n);
    const across = general.slice();
    axpy(-dot(vectors[0], general), vectors[0], across);
    // Short enough that −(H − λmin)⁺g lies within the region.
    const hard = across.map((x) => x / 4);
    for (const [g, isHard] of [
      [general, false],
      [hard, true],
    ] as const) {
      const f = quadraticOf(matrix, n, g);
      const spectrum = answered(f, spectrumAt(new Float64Array(n), g, n));
      if (spectrum === undefined) throw new Error("no spectrum");
      const { step: shares, promised, multiplier, isHardCase } = moreSorensen(spectrum.values, spectrum.slopes, radius);
      const step = spectrum.combined(shares);
      expect(isHardCase).toBe(isHard);
      expect(Math.abs(norm2(step) - radius)).toBeLessThan(1e-12);
      expect(Math.abs(f.value(step) - promised)).toBeLessThan(1e-12);
      expect(multiplier).toBeGreaterThanOrEqual(-values[0]);
      // (H + μ)p = −g.
      const image = answered(f, gradientAt(step));
      axpy(multiplier, step, image);
      expect(norm2(image)).toBeLessThan(1e-12);
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 200_000; i++) best = Math.min(best, f.value(inBall(n, radius, own)));
      expect(promised).toBeLessThanOrEqual(best);
      expect(promised).toBeGreaterThan(2 * best);
    }
    // From a saddle itself, where there is no slope, the way leads down.
    expect(stepsTo("saddle", "trust-region", [0, 0], 3)).toBe(1);
  });

  it("of L-BFGS keep their rate from Rosenbrock's usual start, too, at some three times as many a digit as BFGS (D8)", () => {
    const start = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? -1.2 : 1));
    const f = toyOf("rosenbrock:100");
    const [limited, full] = ["lbfgs:5", "bfgs"].map((optimizer) => {
      const norms = placesOf(f, optimizer, start, 1000).map((x) => norm2(answered(f, gradientAt(x))));
      const last = (most: number) => norms.findLastIndex((each) => each >= most);
      /** Steps from where the gradient is shorter for good to where it is shorter still. */
      return (from: number, to: number) => last(to) - last(from);
    });
    // By a straight line of residuals, the second five digits take as long as the first.
    expect(limited(1e-7, 1e-12) / limited(1e-2, 1e-7)).toBeGreaterThan(1 / 1.5);
    expect(limited(1e-7, 1e-12) / limited(1e-2, 1e-7)).toBeLessThan(1.5);
    expect(limited(1e-2, 1e-12) / full(1e-2, 1e-12)).toBeGreaterThan(2);
  });

  it("of (H + μ)⁻¹ lead down along every slope just from μ > −λmin on (D9)", () => {
    const matrix = Float64Array.of(1, 2, 2, -1);
    const { values, vectors } = symmetricEigen(matrix, 2, true);
    const f = quadraticOf(matrix, 2);
    for (const [off, sign] of [
      [-1e-10, -1],
      [1e-10, 1],
    ]) {
      const mu = -values[0] + off;
      const image = answered(
        f,
        functionTimes(new Float64Array(2), vectors[0], 10, (eigenvalue) => 1 / (eigenvalue + mu)),
      );
      expect(Math.sign(dot(vectors[0], image))).toBe(sign);
    }
  });

  it("find their way on Rosenbrock's function, and Newton–CG off a saddle", () => {
    for (const optimizer of ["newton-cg", "lbfgs", "bfgs"])
      expect(
        stepsTo(
          "rosenbrock:10",
          optimizer,
          Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? -1.2 : 1)),
          500,
        ),
      ).toBeLessThan(500);
    expect(stepsTo("saddle", "newton-cg", [0.1, 1e-6], 20)).toBeLessThan(20);
  });
});
