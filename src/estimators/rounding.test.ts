import { describe, expect, it } from "vitest";
import { productOperator } from "../operators/problem-operators.ts";
import { hessianProduct } from "../problem/derivatives/hessian.ts";
import { createRandom } from "../random/random-stream.ts";
import { arraysOf, openReference } from "../../test/support/reference-case.ts";
import { formatEstimate } from "../util/format-number.ts";
import type { Estimate } from "./estimate.ts";
import { estimateFrobeniusNorm } from "./frobenius-norm.ts";
import { estimateTrace } from "./trace.ts";
import { extremalEigenpairs } from "./extremal-eigenpairs.ts";

const TIMEOUT = 120_000;

describe("residuals of products in float32", () => {
  it.each(["softplus-wine-f64", "mlp-tanh-digits", "lenet-digits", "resnet8-digits"] as const)(
    "%s: hold the distance to the float64 spectrum, also where Lanczos is run to the end of float32",
    { timeout: TIMEOUT },
    async (name) => {
      const truth = arraysOf(name, "spectrum.npz").get("eigenvalues")?.data ?? [];
      const scale = truth[truth.length - 1];
      const problem = openReference(name, { precision: "float32", batchSize: 512 });
      const options = { largest: 10, smallest: 5, tolerance: 1e-7, maxProducts: 250, checkMultiplicity: false };
      const { top, bottom } = await extremalEigenpairs(
        productOperator(problem.point, hessianProduct),
        options,
        createRandom(3),
        {},
      );
      await problem.close();
      for (const { value, residual } of [...top, ...bottom]) {
        const distance = Math.min(...Array.from(truth, (each) => Math.abs(value - each)));
        expect(distance).toBeLessThanOrEqual(residual);
        // A floor of the size of rounding, and not of a tolerance.
        expect(residual).toBeLessThan(2 ** -24 * scale * (Math.sqrt(truth.length + 256) + 40));
      }
    },
  );
});

describe("exact trace and Frobenius norm in float32", () => {
  it.each(["softplus-wine-f64", "lenet-digits"] as const)(
    "%s: lie within their rounding of those of the float64 spectrum",
    { timeout: TIMEOUT },
    async (name) => {
      const truth = arraysOf(name, "spectrum.npz").get("eigenvalues")?.data ?? new Float64Array();
      const problem = openReference(name, { precision: "float32", batchSize: 512 });
      const operator = productOperator(problem.point, hessianProduct);
      const found: [Estimate, number][] = [
        [await estimateTrace(operator, { method: "exact" }, createRandom(0), {}), sum(truth)],
      ];
      if (name === "softplus-wine-f64") {
        const norm = await estimateFrobeniusNorm(operator, { method: "exact" }, createRandom(0), {});
        found.push([norm, Math.sqrt(sum(Array.from(truth, (x) => x * x)))]);
      }
      await problem.close();
      for (const [{ value, rounding = 0, standardError }, expected] of found) {
        expect(standardError).toBe(0);
        expect(Math.abs(value - expected)).toBeLessThanOrEqual(rounding);
        expect(rounding).toBeLessThan(1e-5 * expected);
        // What is printed: right to half a unit of the last digit, and one more for the rounding.
        const shown = formatEstimate(value, 0, rounding);
        const unit = 10 ** -(shown.split(".")[1]?.length ?? 0);
        expect(Math.abs(Number(shown) - expected)).toBeLessThanOrEqual(unit);
      }
    },
  );
});

function sum(values: ArrayLike<number>): number {
  return Array.from(values).reduce((total, x) => total + x, 0);
}
