import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rotated } from "../../test/support/prescribed-spectrum.ts";
import { norm2 } from "../linalg/vector.ts";
import { diagonalOperator } from "../operators/dense-operator.ts";
import { createRandom } from "../random/random-stream.ts";
import { conjugateGradient, minres } from "./solve.ts";

describe("solvers", () => {
  it("solve to the residual that they report", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.nat(), fc.boolean(), async (n, seed, indefinite) => {
        const random = createRandom(seed);
        const spectrum = random.normalVector(n).map((x) => (indefinite ? Math.sign(x) : 1) * (0.2 + Math.abs(x)));
        const operator = rotated(spectrum, random.split("basis"));
        const truth = random.normalVector(n);
        const [b] = await operator.apply([truth]);
        const solver = indefinite ? minres : conjugateGradient;
        const { x, residual, converged } = await solver(operator, b, { tolerance: 1e-9, maxProducts: 400 }, {});
        expect(converged).toBe(true);
        expect(residual).toBeLessThan(2e-9);
        expect(norm2(x.map((y, i) => y - truth[i]))).toBeLessThan(1e-7 * norm2(truth));
      }),
      { numRuns: 100 },
    );
  });

  it("has at each step the least residual of the Krylov space (MINRES)", async () => {
    const spectrum = Float64Array.of(-3, -1, 0.5, 2, 4, 7);
    const b = createRandom(1).normalVector(6);
    for (let k = 1; k <= 5; k++) {
      const { residual } = await minres(diagonalOperator(spectrum), b, { tolerance: 1e-14, maxProducts: k + 1 }, {});
      expect(residual).toBeCloseTo(leastResidual(spectrum, b, k), 8);
    }
  });

  it("stops conjugate gradients at negative curvature and returns the direction", async () => {
    const spectrum = Float64Array.of(3, 2, -1);
    const { negativeCurvature, converged } = await conjugateGradient(
      diagonalOperator(spectrum),
      Float64Array.of(1, 1, 1),
      {},
      {},
    );
    expect(converged).toBe(false);
    expect(negativeCurvature?.reduce((sum, x, i) => sum + spectrum[i] * x * x, 0)).toBeLessThanOrEqual(0);
  });

  it("solves for b = 0, and says when it did not get there", async () => {
    const operator = diagonalOperator(Float64Array.from({ length: 200 }, (_, i) => 1 + i * i));
    expect(norm2((await minres(operator, new Float64Array(200), {}, {})).x)).toBe(0);
    expect((await conjugateGradient(operator, new Float64Array(200), {}, {})).converged).toBe(true);
    const ones = new Float64Array(200).fill(1);
    for (const solver of [minres, conjugateGradient]) {
      const { converged, products } = await solver(operator, ones, { maxProducts: 10 }, {});
      expect(converged).toBe(false);
      expect(products).toBeLessThanOrEqual(10);
    }
  });

  it("refuse a right-hand side of another length", async () => {
    const operator = diagonalOperator(Float64Array.of(1, 2));
    for (const solver of [conjugateGradient, minres])
      await expect(solver(operator, new Float64Array(3), {}, {})).rejects.toThrow(/has 3 entries/);
  });
});

/** min ‖b − A K y‖/‖b‖ over the Krylov matrix K = [b, Ab, …], by Gram–Schmidt on AK. */
function leastResidual(spectrum: Float64Array, b: Float64Array, k: number): number {
  const rest = Float64Array.from(b);
  const basis: Float64Array[] = [];
  for (let j = 1; j <= k; j++) {
    const column = b.map((x, i) => x * spectrum[i] ** j);
    for (let pass = 0; pass < 2; pass++) for (const q of basis) project(column, q);
    const length = norm2(column);
    const unit = column.map((x) => x / length);
    basis.push(unit);
    project(rest, unit);
  }
  return norm2(rest) / norm2(b);
}

function project(v: Float64Array, unit: Float64Array): void {
  const inner = v.reduce((sum, x, i) => sum + x * unit[i], 0);
  v.forEach((_, i) => (v[i] -= inner * unit[i]));
}
