import { afterAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { meanSquaredError } from "../problem/losses/mean-squared-error.ts";
import { ROUNDED_PRODUCTS } from "../problem/derivatives/rounded.ts";
import { Point } from "../problem/point.ts";
import type { ProblemOptions } from "../problem/problem-options.ts";
import { createRandom } from "../random/random-stream.ts";
import { profileResult } from "./profile-result.ts";
import { INSTRUMENTS } from "./registry.ts";
import type { ProfileInstrument } from "./profile-result.ts";
import { planProfile, profileParameters, runProfile } from "./profile.ts";
import { denseProblem } from "../../test/support/dense-problem.ts";

const random = createRandom(7);

function rows(count: number, width: number, label: string): number[][] {
  const stream = random.split(label);
  return Array.from({ length: count }, () => [...stream.normalVector(width)]);
}

/** A two-layer ReLU network with cross-entropy on random data. */
function reluProblem(options: Partial<ProblemOptions> = {}) {
  const stream = random.split("relu");
  return denseProblem(
    [
      {
        name: "one",
        inputs: 4,
        weights: [...stream.normalVector(24)],
        bias: [...stream.normalVector(6)],
        activation: "Relu",
      },
      { name: "two", inputs: 6, weights: [...stream.normalVector(18)], bias: [...stream.normalVector(3)] },
    ],
    rows(40, 4, "relu data"),
    Array.from({ length: 40 }, (_, i) => i % 3),
    crossEntropy,
    options,
  );
}

describe("runProfile", () => {
  it("gives the closed form for (w₁w₂ − 1)²", async () => {
    const [w1, w2] = [0.8, 1.7];
    const problem = denseProblem(
      [
        { name: "a", inputs: 1, weights: [w1] },
        { name: "b", inputs: 1, weights: [w2] },
      ],
      [[1]],
      [[1]],
      meanSquaredError,
    );
    const { result } = await runProfile(problem, {}, createRandom(0), {});
    const r = w1 * w2 - 1;
    // H = 2 [[w₂², w₁w₂ + r], [w₁w₂ + r, w₁²]]
    const [a, b, c] = [2 * w2 ** 2, 2 * (w1 * w2 + r), 2 * w1 ** 2];
    const middle = (a + c) / 2;
    const radius = Math.hypot((a - c) / 2, b);
    expect(result.loss).toBeCloseTo(r ** 2, 14);
    expect(result.accuracy).toBeNull();
    expect(result.hessian.top?.[0].value).toBeCloseTo(middle + radius, 12);
    expect(result.hessian.bottom?.[0].value).toBeCloseTo(middle - radius, 12);
    expect(result.hessian.trace?.value).toBeCloseTo(a + c, 12);
    expect(result.hessian.frobenius?.value).toBeCloseTo(Math.hypot(a, b, b, c), 12);
    expect(result.gaussNewton?.top?.[0].value).toBeCloseTo(2 * (w1 ** 2 + w2 ** 2), 12);
    expect(result.residual?.top?.[0].value).toBeCloseTo(2 * Math.abs(r), 12);
    expect(result.residual?.bottom?.[0].value).toBeCloseTo(-2 * Math.abs(r), 12);
    expect(result.stability?.limits[0].stepSize).toBeCloseTo(2 / (middle + radius), 12);
    expect(result.noise).toBeNull();
    expect(result.sections.find(({ instrument }) => instrument === "noise")).toMatchObject({
      status: "skipped",
      reason: expect.stringMatching(/One example/),
    });
  });

  it("gives XᵀX for linear regression, with the gradient noise from its residuals", async () => {
    const x = rows(30, 3, "regression");
    const y = x.map(([a, b, c], i) => [a - 2 * b + 0.5 * c + Math.sin(i)]);
    const problem = denseProblem([{ name: "w", inputs: 3, weights: [0.3, -0.2, 0.1] }], x, y, meanSquaredError);
    const { result } = await runProfile(problem, {}, createRandom(0), {});
    const n = x.length;
    let trace = 0;
    const residuals = x.map(([a, b, c], i) => 0.3 * a - 0.2 * b + 0.1 * c - y[i][0]);
    const gradients = x.map((row, i) => row.map((value) => 2 * residuals[i] * value));
    for (const row of x) for (const value of row) trace += (2 * value * value) / n;
    const mean = [0, 1, 2].map((j) => gradients.reduce((sum, g) => sum + g[j] / n, 0));
    const noise = gradients.reduce((sum, g) => sum + g.reduce((s, value, j) => s + (value - mean[j]) ** 2, 0) / n, 0);
    expect(result.hessian.trace?.value).toBeCloseTo(trace, 10);
    expect(result.gaussNewton?.trace?.value).toBeCloseTo(trace, 10);
    expect(Math.abs(result.residual?.share ?? 1)).toBeLessThan(1e-12);
    expect(result.gradientNorm).toBeCloseTo(Math.hypot(...mean), 12);
    expect(result.noise?.trace.value).toBeCloseTo(noise, 10);
    const square = mean[0] ** 2 + mean[1] ** 2 + mean[2] ** 2;
    expect(result.noise?.criticalBatchSize?.sample).toBeCloseTo(noise / square, 9);
    const unbiased = (noise * n) / (n - 1);
    expect(result.noise?.criticalBatchSize?.value).toBeCloseTo(unbiased / (square - unbiased / n), 9);
    expect(result.hessian.negativeShare).toMatchObject({ value: 0, negative: 0 });
  });

  it("has the form that its schema promises, and the same seed gives the same result", async () => {
    const problem = reluProblem();
    const first = await runProfile(problem, { top: 4 }, createRandom(3), {});
    const second = await runProfile(problem, { top: 4 }, createRandom(3), {});
    expect(second.result).toEqual(first.result);
    const encoded = z.encode(profileResult, first.result);
    expect(z.decode(profileResult, encoded)).toEqual(first.result);
    expect(first.result.hessian.top).toHaveLength(4);
    expect(first.result.sections.map(({ status }) => status)).not.toContain("failed");
    expect([...first.arrays.entries().keys()]).toContain("hessian.eigenvalues");
  });

  it("stops at the time budget with what it has", async () => {
    let asked = 0;
    const { result } = await runProfile(reluProblem(), {}, createRandom(0), { outOfTime: () => ++asked > 40 });
    expect(result.converged).toBe(false);
    expect(result.loss).toBeGreaterThan(0);
    const late = result.sections.at(-1);
    expect(late).toMatchObject({
      status: "not-reached",
      reason: expect.stringMatching(/its time was spent.*a longer --time/),
    });
  });

  it("survives an instrument that fails", async () => {
    const problem = reluProblem();
    problem.point.exampleGradientSquares = () => Promise.reject(new Error("boom"));
    const { result } = await runProfile(problem, {}, createRandom(0), {});
    const statusOf = (name: string) => result.sections.find(({ instrument }) => instrument === name)?.status;
    expect(statusOf("noise")).toBe("failed");
    expect(result.noise).toBeNull();
    expect(statusOf("eigenvalues")).toBe("measured");
    expect(statusOf("flatness")).toBe("measured");
  });
});

describe("the products of a result", () => {
  it.each(["float64", "float32"] as const)("are all that its points were asked for, in %s", async (precision) => {
    const problem = reluProblem({ precision });
    let asked = 0;
    const moved = new Set(ROUNDED_PRODUCTS.values());
    const { product } = Point.prototype;
    const spy = vi.spyOn(Point.prototype, "product").mockImplementation(function (this: Point, kind, block, context) {
      // Products in float64 are what those of a float32 problem are held against; in float64 rounding is measured by
      // products whose numbers are moved, beside as many that are not: neither are counted.
      if (moved.has(kind)) asked -= block.length;
      else if (this.precision === precision) asked += block.length;
      return product.call(this, kind, block, context);
    });
    onTestFinished(() => spy.mockRestore());
    for (const options of [{}, { exactLimit: 0 }]) {
      asked = 0;
      const { result } = await runProfile(problem, options, createRandom(0), {});
      expect(result.products).toBe(asked);
      expect(result.sections.reduce((sum, { products }) => sum + products, 0)).toBe(asked);
    }
    await problem.close();
  });
});

describe("an instrument", () => {
  /** What differs of two results, by place, where the first has a number. */
  function differences(alone: unknown, among: unknown, place: string): string[] {
    if (alone === null || alone === undefined) return [];
    if (typeof alone !== "object" || typeof among !== "object" || among === null)
      return Object.is(alone, among) ? [] : [`${place}: ${JSON.stringify([alone, among])}`];
    const [one, other] = [new Map(Object.entries(alone)), new Map(Object.entries(among))];
    return [...one].flatMap(([key, value]) => differences(value, other.get(key), `${place}.${key}`));
  }

  it.each(["float64", "float32"] as const)("gives the same numbers alone as among others, in %s", async (precision) => {
    const problem = reluProblem({ precision });
    const measured = async (only?: string) => {
      const options = { exactLimit: 0, layerTop: 2, ...(only !== undefined && { only }) };
      const {
        sections: _sections,
        products: _products,
        verdicts: _verdicts,
        ...numbers
      } = (await runProfile(problem, options, createRandom(0), {})).result;
      return numbers;
    };
    const all = await measured();
    const found: string[] = [];
    for (const { name } of INSTRUMENTS) found.push(...differences(await measured(name), all, name));
    expect(found).toEqual([]);
    await problem.close();
  });
});

describe("the registry", () => {
  const problem = reluProblem();
  afterAll(() => problem.close());

  it("has unique names, and parameters that agree where they share a name", () => {
    expect(new Set(INSTRUMENTS.map(({ name }) => name)).size).toBe(INSTRUMENTS.length);
    for (const { words } of INSTRUMENTS) {
      for (const [name, schema] of words) {
        // Of words with several meanings there is none today.
        expect(schema).toBe(profileParameters.shape[name]);
        expect(z.globalRegistry.get(schema)?.description).toMatch(/\S/);
      }
    }
  });

  it("plans with a cost for every instrument", () => {
    const plan = planProfile(problem, {});
    const asked = INSTRUMENTS.filter(({ askedBy }: ProfileInstrument) => askedBy === undefined);
    expect(plan.map(({ name }) => name)).toEqual(asked.map(({ name }) => name));
    for (const { products } of plan) expect(products).toBeGreaterThanOrEqual(0);
  });

  const plannedProducts = (options: Record<string, unknown>) =>
    planProfile(problem, options).reduce((sum, { products }) => sum + products, 0);

  it("counts the matrix of a small network once, for whichever instrument needs it first", async () => {
    // 51 parameters, and a product that proves the matrix, one more the eigenpairs; --top 2 searches, --top 5 --bottom 3 takes the matrix.
    const names = ["eigenvalues", "stability", "trace", "spectrum", "layers"];
    for (const first of names) {
      for (const second of names) {
        const only = `${first},${second}`;
        const { result } = await runProfile(problem, { only }, createRandom(0), {});
        const products = only.includes("eigenvalues") ? 53 : 52;
        expect(result.products, only).toBe(products);
        expect(plannedProducts({ only }), only).toBe(products);
      }
    }
    expect(plannedProducts({ only: "spectrum", top: 1, bottom: 1 })).toBe(52);
    // tr G comes from the three outputs of each example.
    // Its own eigenvalues take one vector after the other, and a product proves them.
    expect(plannedProducts({ only: "gauss-newton" })).toBe(36);
    expect(plannedProducts({ only: "gauss-newton,trace" })).toBe(36 + 52);
  });

  it("plans products for every instrument that takes some", async () => {
    for (const { name } of INSTRUMENTS) {
      for (const exactLimit of [0, 2000]) {
        const options = { only: name, exactLimit, top: 2, bottom: 1 };
        const { result } = await runProfile(problem, options, createRandom(0), {});
        const planned = plannedProducts(options);
        const isPlanned = planned >= result.products / 4;
        expect(isPlanned, `${name}: ${planned} planned, ${result.products} taken`).toBe(true);
      }
    }
  });

  it("takes the matrix for eigenvalues where so many are wanted, and says so", async () => {
    const few = await runProfile(problem, { only: "eigenvalues", top: 2, bottom: 1 }, createRandom(0), {});
    const many = await runProfile(problem, { only: "eigenvalues", top: 40, bottom: 20 }, createRandom(0), {});
    expect(few.result.hessian.eigenvalueMethod).toMatch(/Lanczos/);
    expect(many.result.hessian).toMatchObject({
      eigenvalueMethod: expect.stringMatching(/whole matrix \(51 products\)/),
      eigenvaluesConverged: true,
    });
    expect(many.result.products).toBe(53);
    const top = few.result.hessian.top ?? [];
    for (const [i, { value, residual }] of top.entries())
      expect(Math.abs(value - (many.result.hessian.top?.[i].value ?? NaN))).toBeLessThanOrEqual(2 * residual);
    expect(many.result.hessian.top).toHaveLength(40);
  });
});
