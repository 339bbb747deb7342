import { describe, expect, it } from "vitest";
import { norm2 } from "../linalg/vector.ts";
import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import type { Objective } from "../optimizers/objective.ts";
import { createRandom } from "../random/random-stream.ts";
import { TOYS } from "./registry.ts";

const VARIANTS: Readonly<Record<string, readonly object[]>> = {
  quadratic: [
    { kappa: 10, n: 5, angle: 0.7 },
    { kappa: 10, n: 4 },
  ],
  curved: [{ b: 0.5 }],
  "two-well": [{ s: -1 }, { s: 2, n: 1 }],
  rosenbrock: [{ n: 7 }],
  chain: [{ n: 2 }, { n: 4, p: 2 }],
  octopus: [{ d: 1 }, { d: 3, tau: 1 }],
};

function gradientOf(f: Objective, x: Float64Array): Float64Array {
  const into = new Float64Array(x.length);
  f.gradient(x, into);
  return into;
}

function hessianOf(f: Objective, x: Float64Array): Float64Array {
  const n = x.length;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const unit = new Float64Array(n);
    unit[i] = 1;
    f.hessianVector(x, unit, matrix.subarray(i * n, (i + 1) * n));
  }
  return matrix;
}

describe("toys", () => {
  for (const toy of TOYS)
    for (const options of [{}, ...(VARIANTS[toy.name] ?? [])]) {
      const title = `${toy.name} ${JSON.stringify(options)}`;

      it(`have the gradient and the Hessian of their values: ${title}`, () => {
        const f = toy.with(options);
        const random = createRandom(1);
        for (const scale of [1, 3, 9]) {
          const x = f.start(random).map((each) => scale * each);
          const v = random.normalVector(f.dimension);
          const h = 1e-5;
          const [ahead, behind] = [1, -1].map((sign) => x.map((each, i) => each + sign * h * v[i]));
          const slope = gradientOf(f, x).reduce((sum, each, i) => sum + each * v[i], 0);
          const size = Math.abs(f.value(x)) + Math.abs(slope) + 1;
          expect(Math.abs((f.value(ahead) - f.value(behind)) / (2 * h) - slope)).toBeLessThan(1e-6 * size);
          const product = new Float64Array(f.dimension);
          f.hessianVector(x, v, product);
          const [upper, lower] = [gradientOf(f, ahead), gradientOf(f, behind)];
          const off = product.map((each, i) => each - (upper[i] - lower[i]) / (2 * h));
          expect(norm2(off)).toBeLessThan(1e-6 * (norm2(product) + norm2(upper) + 1));
        }
      });

      it(`have the critical points that they say: ${title}`, () => {
        const f = toy.with(options);
        for (const { at, kind } of f.critical) {
          expect(norm2(gradientOf(f, at))).toBeLessThan(1e-14);
          const { values } = symmetricEigen(hessianOf(f, at), f.dimension, false);
          const [least, largest] = [Math.min(...values), Math.max(...values)];
          if (kind === "minimum") expect(least).toBeGreaterThan(0);
          else if (kind === "saddle") expect(least).toBeLessThan(-1e-3);
          else if (kind === "maximum") expect(largest).toBeLessThan(0);
          else expect(Math.min(...values.map(Math.abs))).toBe(0);
          if (kind === "saddle") expect(largest).toBeGreaterThan(1e-3);
        }
      });
    }

  const RESIDUALS: readonly (readonly [string, object, (x: Float64Array) => readonly number[]])[] = [
    ["quadratic", { kappa: 100 }, ([x, y]) => [x, 10 * y]],
    [
      "rosenbrock",
      { n: 3 },
      ([x, y, z]) => [10 * (y - x * x), 1 - x, 10 * (z - y * y), 1 - y].map((each) => Math.SQRT2 * each),
    ],
    ["chain", { n: 3, p: 2 }, ([x, y, z]) => [x * y * z - 2]],
  ];
  it.each(RESIDUALS)("that are sums of squares have JᵀJ of the residuals: %s", (name, options, residuals) => {
    const f = TOYS.find((each) => each.name === name)?.with(options);
    if (f?.gaussNewtonVector === undefined) throw new Error(`${name} has no Gauss–Newton matrix`);
    const random = createRandom(2);
    const x = f.start(random);
    expect(residuals(x).reduce((sum, each) => sum + each * each, 0) / 2).toBeCloseTo(f.value(x), 10);
    const changeAlong = (v: Float64Array) => {
      const [ahead, behind] = [1e-5, -1e-5].map((h) => residuals(x.map((each, i) => each + h * v[i])));
      return ahead.map((each, i) => (each - behind[i]) / 2e-5);
    };
    const v = random.normalVector(f.dimension);
    const product = new Float64Array(f.dimension);
    f.gaussNewtonVector(x, v, product);
    const changes = changeAlong(v);
    for (let i = 0; i < f.dimension; i++) {
      const unit = new Float64Array(f.dimension);
      unit[i] = 1;
      const expected = changeAlong(unit).reduce((sum, each, k) => sum + each * changes[k], 0);
      expect(Math.abs(product[i] - expected)).toBeLessThan(1e-6 * (1 + norm2(product)));
    }
  });

  it("refuse what is no dimension, and numbers that they do not have", () => {
    const named = (name: string) => TOYS.find((each) => each.name === name);
    expect(() => named("rosenbrock")?.with({ n: 0 })).toThrow("n");
    expect(() => named("rosenbrock")?.with({ m: 2 })).toThrow('rosenbrock has no option "m"');
  });
});
