import { describe, expect, it } from "vitest";
import { inverse } from "../src/library/inverse.ts";
import { jacobian } from "../src/library/jacobian.ts";
import { monteCarloFisher } from "../src/library/monte-carlo-fisher.ts";
import { denseOperator, diagonalOperator } from "../src/operators/dense-operator.ts";
import type { LinearOperator } from "../src/operators/linear-operator.ts";
import { fisherProduct } from "../src/problem/derivatives/fisher.ts";
import { LOSSES } from "../src/problem/losses/registry.ts";
import { configuredLoss } from "../src/problem/losses/parametric-loss.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { array, buildProblem, labels } from "./support/build-problem.ts";
import { matmul } from "../src/ops/matmul.ts";
import { tanh } from "../src/ops/unary.ts";
import { distance, norm } from "./support/numbers.ts";

/* The Fisher matrix by drawn labels against the exact one; the Jacobian against itself transposed; inverses against closed forms. */

const random = createRandom(11);
const draw = (label: string, size: number) => random.split(label).normalVector(size).map(Math.fround);

const EXAMPLES = 6;
const y = {
  "cross-entropy": labels([EXAMPLES], [0, 1, 2, 1, 0, 2]),
  bce: array([EXAMPLES, 3], [0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1]),
  poisson: array([EXAMPLES, 3], [0, 1, 4, 0, 2, 1, 1, 3, 0, 0, 1, 0, 1, 0, 5, 1, 0, 1]),
  "heteroscedastic-gaussian": array([EXAMPLES, 2], draw("two targets", 2 * EXAMPLES)),
};
const likelihoods = LOSSES.filter(({ outputFisher }) => outputFisher).map(({ name }) => name);

function problemWith(name: string) {
  const loss = LOSSES.find((each) => each.name === name);
  if (!loss) throw new RangeError(`there is no loss ${name}`);
  const outputs = name === "heteroscedastic-gaussian" ? 4 : 3;
  const given = Object.entries(y).find(([each]) => each === name)?.[1] ?? array([EXAMPLES, 3], draw("targets", 18));
  return buildProblem({
    x: array([EXAMPLES, 2], draw("x", 2 * EXAMPLES)),
    y: given,
    parameters: { w: array([2, 4], draw("w", 8)), v: array([4, outputs], draw("v", 4 * outputs)) },
    build: (x, { w, v }) => matmul(tanh(matmul(x, w)), v),
    loss: name === "gaussian" ? configuredLoss(loss, ["variance=0.4"]) : loss,
  });
}

async function columnsOf({ apply, dimension }: Pick<LinearOperator, "apply" | "dimension">): Promise<Float64Array[]> {
  return apply(
    Array.from({ length: dimension }, (_, i) => Float64Array.from({ length: dimension }, (_, j) => Number(i === j))),
  );
}

describe("the Fisher matrix by drawn labels", () => {
  it("is there wherever the exact one is, and nowhere else", () => {
    expect(LOSSES.filter(({ draw: drawn }) => drawn).map(({ name }) => name)).toEqual(likelihoods);
  });

  it.each(likelihoods)("comes to the exact one, and its interval covers the trace, of %s", async (name) => {
    const problem = problemWith(name);
    const { point } = problem;
    const draws = 400;
    const sampled = await monteCarloFisher(problem, { draws, seed: 3 });
    const exact = await columnsOf({
      dimension: point.dimension,
      apply: (block) => point.product(fisherProduct, block),
    });
    const trace = exact.reduce((sum, column, i) => sum + column[i], 0);
    const { value, standardError, interval } = await sampled.sampledTrace({ confidence: 0.999 });
    expect(interval.lower).toBeLessThan(trace);
    expect(interval.upper).toBeGreaterThan(trace);
    expect(Math.abs(value - trace)).toBeGreaterThan(0);
    expect(standardError).toBeLessThan(0.1 * trace);
    const columns = await columnsOf(sampled);
    const ownTrace = columns.reduce((sum, column, i) => sum + column[i], 0);
    expect(Math.abs(ownTrace - value)).toBeLessThan(1e-10 * trace);
    const off = Math.hypot(...columns.map((column, i) => distance(column, exact[i])));
    // Entries scatter as the trace does, up to the fourth moments of the scores.
    expect(off).toBeLessThan(0.25 * Math.hypot(...exact.map(norm)));
  });
});

describe("the Jacobian", () => {
  it("times a vector changes the outputs along it, and its transpose is its transpose", async () => {
    const problem = problemWith("mse");
    const { point } = problem;
    const J = jacobian(problem);
    expect([J.rows, J.columns]).toEqual([EXAMPLES * 3, point.dimension]);
    const [v, u] = [draw("v direction", J.columns), draw("u direction", J.rows)];
    const [[Jv], [Jtu]] = [await J.apply([v]), await J.applyTransposed([u])];
    const inner = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i], 0);
    expect(inner(u, Jv)).toBeCloseTo(inner(Jtu, v), 12);
    const h = 1e-6;
    const at = (t: number) => problem.at(point.parameters.map((x, i) => x + t * v[i])).outputs();
    const [ahead, behind] = [await at(h), await at(-h)];
    ahead.forEach((z, i) => expect((z - behind[i]) / (2 * h)).toBeCloseTo(Jv[i], 6));
    await expect(J.apply([u])).rejects.toThrow(/Jacobian multiplies a list of Float64Arrays/u);
  });
});

describe("a damped inverse", () => {
  const A = denseOperator(Float64Array.of(2, 1, 0, 1, 3, 1, 0, 1, 4), 3);

  it.each([
    { method: "conjugate-gradient" },
    { method: "minres" },
    { method: "neumann", step: 0.3, terms: 400 },
  ] as const)("by $method solves", async (options) => {
    const inverted = await inverse(A, { ...options, damping: 0.5, tolerance: 1e-12 });
    const b = Float64Array.of(1, -2, 0.5);
    const [x] = await inverted.apply([b]);
    const [back] = await A.apply([x]);
    back.forEach((value, i) => expect(value + 0.5 * x[i]).toBeCloseTo(b[i], 11));
  });

  it("says what it cannot solve", async () => {
    const indefinite = diagonalOperator(Float64Array.of(1, -2, 3));
    const b = Float64Array.of(1, 1, 1);
    const product = async (options: Parameters<typeof inverse>[1]) => (await inverse(indefinite, options)).apply([b]);
    await expect(product({})).rejects.toThrow(/negative curvature/u);
    const [x] = await product({ method: "minres", tolerance: 1e-12 });
    [1, -0.5, 1 / 3].forEach((value, i) => expect(x[i]).toBeCloseTo(value, 11));
    await expect(product({ method: "neumann" })).rejects.toThrow(/needs a step/u);
    await expect(product({ method: "neumann", step: 0.5 })).rejects.toThrow(/diverges/u);
    // An eigenvalue a little below 0, or too near it: neither is a number.
    const nearly = async (least: number) =>
      (await inverse(diagonalOperator(Float64Array.of(1, least)), { method: "neumann", step: 0.5 })).apply([
        Float64Array.of(1, 1),
      ]);
    await expect(nearly(-1e-3)).rejects.toThrow(/diverges/u);
    await expect(nearly(1e-6)).rejects.toThrow(/100 terms .* leave 0\.71/u);
    await expect((await inverse(A, { tolerance: 1e-12, maxProducts: 2 })).apply([b])).rejects.toThrow(/budget/u);
  });
});
