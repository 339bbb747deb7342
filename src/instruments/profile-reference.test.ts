import { describe, expect, it } from "vitest";
import { expectedOf, openReference, type Expected } from "../../test/support/reference-case.ts";
import { createRandom } from "../random/random-stream.ts";
import type { EigenvalueResult, EstimateResult } from "../result/estimates.ts";
import type { ProfileResult } from "./profile-result.ts";
import { runProfile } from "./profile.ts";

/** Every eigenvalue lies within its residual, or the rounding of the arithmetic, of the reference. */
function expectEigenvalues(
  found: readonly EigenvalueResult[] | null | undefined,
  reference: readonly number[],
  rounding: number,
): void {
  expect(found?.length).toBeGreaterThan(0);
  found?.forEach(({ value, residual }, i) => {
    expect(Math.abs(value - reference[i])).toBeLessThanOrEqual(
      residual + rounding * Math.abs(reference[0]) + rounding * Math.abs(reference[i]),
    );
  });
}

/** An exact estimate agrees to rounding; a sampled one within four standard errors. */
function expectEstimate(found: EstimateResult | null | undefined, reference: number, rounding: number): void {
  if (!found) throw new Error("the estimate is missing");
  expect(Math.abs(found.value - reference)).toBeLessThanOrEqual(
    4 * found.standardError + rounding * Math.abs(reference),
  );
}

function expectReference(result: ProfileResult, expected: Expected, rounding: number): void {
  expect(Math.abs(result.loss / expected.loss - 1)).toBeLessThan(rounding);
  expect(result.accuracy).toBe(expected.accuracy);
  expect(Math.abs(result.gradientNorm / expected.gradient_norm - 1)).toBeLessThan(rounding);
  expectEigenvalues(result.hessian.top, expected.hessian.top, rounding);
  expectEigenvalues(result.hessian.bottom, expected.hessian.bottom, rounding);
  expectEstimate(result.hessian.trace, expected.hessian.trace, rounding);
  expectEstimate(result.hessian.frobenius, expected.hessian.frobenius, rounding);
  expectEigenvalues(result.gaussNewton?.top, expected.gauss_newton.top, rounding);
  expectEstimate(result.gaussNewton?.trace, expected.gauss_newton.trace, rounding);
  expectEigenvalues(result.noise?.top, expected.gradient_covariance.top, rounding);
  expectEstimate(result.noise?.trace, expected.gradient_covariance.trace, rounding);
}

const only = "eigenvalues,trace,gauss-newton,noise";

describe("the profile of a reference case", () => {
  it("agrees with PyTorch in float64, the whole spectrum included", async () => {
    const problem = openReference("softplus-wine-f64");
    const { result } = await runProfile(problem, { only: `${only},spectrum,residual` }, createRandom(0), {});
    expectReference(result, expectedOf("softplus-wine-f64"), 1e-10);
    expect(result.hessian.negativeShare?.negative).toBe(333);
    const g = result.gaussNewton?.trace?.value ?? Number.NaN;
    expect(result.residual?.trace?.value).toBeCloseTo((result.hessian.trace?.value ?? Number.NaN) - g, 10);
    await problem.close();
  }, 120_000);

  it("agrees within its error bars in float32, from products alone", async () => {
    const problem = openReference("mlp-tanh-digits", { precision: "float32", batchSize: 512 });
    const { result } = await runProfile(problem, { only, exactLimit: 0 }, createRandom(1), {});
    expectReference(result, expectedOf("mlp-tanh-digits"), 1e-5);
    expect(result.hessian.trace?.standardError).toBeGreaterThan(0);
    await problem.close();
  }, 120_000);
});
