import { describe, expect, test } from "vitest";
import { exactEstimate, type Estimate } from "../../estimators/estimate.ts";
import { sumsCheck } from "./sums-check.ts";

const exact = (value: number) => exactEstimate(value, 1e-3, 1, "exact", 0.95);
const sampled = (value: number, standardError: number): Estimate => ({ ...exact(value), standardError, rounding: 0 });

describe("trace and norm against the eigenvalues", () => {
  const spectrum = Float64Array.of(-1, 0, 2, 4);
  const matrix = Float64Array.of(-1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 4);
  const some = [{ value: 4, residual: 1e-3 }];
  const norm = Math.sqrt(21);

  test("pass where they are the sums, and where nothing but a few is known", () => {
    const right = { trace: exact(5), frobenius: exact(norm) };
    expect(sumsCheck(right, { spectrum, some, dimension: 4 }).passed).toBe(true);
    expect(sumsCheck(right, { matrix, some, dimension: 4 }).passed).toBe(true);
    expect(sumsCheck({ trace: sampled(5.1, 0.1), frobenius: sampled(4.5, 0.1) }, { some, dimension: 4 }).passed).toBe(
      true,
    );
    const zero = { trace: exact(0), frobenius: exact(0) };
    expect(sumsCheck(zero, { spectrum: new Float64Array(4), some: [], dimension: 4 }).measured).toBe(0);
  });

  test("one that is 1 % too large is found, whatever rounding of the products allows", () => {
    const trace = { trace: { ...exact(5.05), rounding: 1 }, frobenius: exact(norm) };
    expect(sumsCheck(trace, { spectrum, some, dimension: 4 }).passed).toBe(false);
    expect(sumsCheck(trace, { matrix, some, dimension: 4 }).passed).toBe(false);
    const frobenius = { trace: exact(5), frobenius: exact(1.01 * norm) };
    expect(sumsCheck(frobenius, { spectrum, some, dimension: 4 }).passed).toBe(false);
  });

  test("a sampled norm below an eigenvalue, and a trace beyond √n norms, are found", () => {
    expect(sumsCheck({ trace: exact(3), frobenius: sampled(3, 0.1) }, { some, dimension: 4 }).passed).toBe(false);
    expect(sumsCheck({ trace: sampled(12, 0.1), frobenius: sampled(5, 0.1) }, { some, dimension: 4 }).passed).toBe(
      false,
    );
  });
});
