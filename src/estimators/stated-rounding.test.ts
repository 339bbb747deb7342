import { expect, test } from "vitest";
import { scaleOperator, subBlockOperator, sumOperator } from "../operators/combinators.ts";
import { diagonalOperator } from "../operators/dense-operator.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import { createRandom } from "../random/random-stream.ts";
import { estimateDiagonal } from "./diagonal.ts";
import { extremalEigenpairs } from "./extremal-eigenpairs.ts";
import { estimateFrobeniusNorm } from "./frobenius-norm.ts";
import { estimateTrace } from "./trace.ts";

/* What an operator states of its rounding is in every number that is made of its products. */

const N = 30;
const stated = { norm: 0.01, frobenius: 0.02, trace: 0.03 };
const operator: LinearOperator = {
  ...diagonalOperator(Float64Array.from({ length: N }, (_, i) => i / N)),
  rounding: async () => stated,
};
const random = () => createRandom(1);

test("traces, norms, eigenvalues and diagonals are no more exact than their products", async () => {
  for (const method of ["exact", "hutchinson"] as const) {
    expect((await estimateTrace(operator, { method }, random(), {})).rounding).toBe(stated.trace);
    expect((await estimateFrobeniusNorm(operator, { method }, random(), {})).rounding).toBe(stated.frobenius);
  }
  const { top } = await extremalEigenpairs(operator, {}, random(), {});
  expect(top[0].residual).toBeGreaterThan(0.99 * stated.norm);
  for (const probes of [10, N]) {
    const { rounding, lower, upper } = await estimateDiagonal(operator, { probes }, random(), {});
    expect(rounding).toBe(stated.norm);
    expect(upper[3] - lower[3]).toBeGreaterThan(1.99 * stated.norm);
  }
});

test("without a statement it is what their size predicts, and never 0", async () => {
  const plain = diagonalOperator(Float64Array.from({ length: N }, (_, i) => i / N));
  const size = Math.sqrt(N + 256) * 2 ** -53;
  const { value, rounding } = await estimateFrobeniusNorm(plain, { method: "exact" }, random(), {});
  expect(rounding).toBeCloseTo(size * value, 18);
  for (const probes of [10, N])
    expect((await estimateDiagonal(plain, { probes }, random(), {})).rounding).toBeGreaterThan(0.9 * size * value);
});

test("a part of a matrix has no less, of its diagonal more: errors that cancel in the whole do not cancel in a part", async () => {
  const part = subBlockOperator(operator, [{ offset: 2, length: 9 }]);
  expect(await part.rounding?.()).toEqual({ ...stated, trace: 3 * stated.frobenius });
  expect(await sumOperator([operator, scaleOperator(operator, -2)]).rounding?.()).toEqual({
    norm: 3 * stated.norm,
    frobenius: 3 * stated.frobenius,
    trace: 3 * stated.trace,
  });
});

test("an eigenvalue that is not told from 0 has the residual of any vector, √n times that of its own", async () => {
  const single = diagonalOperator(Float64Array.from({ length: N }, (_, i) => (i === 7 ? 1 : 0)));
  const { top } = await extremalEigenpairs(single, { largest: 2, relative: true }, random(), {});
  const plain = await extremalEigenpairs(single, { largest: 2 }, random(), {});
  expect(Math.abs(top[1].value)).toBeLessThan(top[1].residual);
  const rounding = Math.sqrt(N + 256) * 2 ** -53;
  expect(plain.top[1].residual).toBeLessThan(2 * rounding);
  expect(top[1].residual).toBeGreaterThan(0.99 * Math.sqrt(N) * rounding);
});
