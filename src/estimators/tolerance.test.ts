import { expect, it } from "vitest";
import { diagonalOperator } from "../operators/dense-operator.ts";
import { createRandom } from "../random/random-stream.ts";
import { extremalEigenpairs } from "./extremal-eigenpairs.ts";
import { estimateFrobeniusNorm } from "./frobenius-norm.ts";
import { conjugateGradient, minres } from "./solve.ts";
import { estimateTrace } from "./trace.ts";

const operator = diagonalOperator(Float64Array.from({ length: 80 }, (_, i) => i + 1));
const random = createRandom(0);
const b = new Float64Array(80).fill(1);

it.each([
  ["trace", (tolerance: number) => estimateTrace(operator, { tolerance }, random, {})],
  ["Frobenius norm", (tolerance: number) => estimateFrobeniusNorm(operator, { tolerance }, random, {})],
  ["eigenvalues", (tolerance: number) => extremalEigenpairs(operator, { largest: 1, tolerance }, random, {})],
  ["solution", (tolerance: number) => minres(operator, b, { tolerance }, {})],
])("a tolerance that nothing reaches is refused: %s", async (_name, estimate) => {
  await expect(estimate(Number.NaN)).rejects.toMatchObject({ code: "bad-tolerance" });
  await expect(estimate(-1)).rejects.toMatchObject({ code: "bad-tolerance" });
});

it.each([minres, conjugateGradient])("a right-hand side with NaN has no solution", async (solve) => {
  const broken = b.map((x, i) => (i === 7 ? Number.NaN : x));
  await expect(solve(operator, broken, {}, {})).rejects.toMatchObject({ code: "not-finite" });
});
