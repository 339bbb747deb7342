import { describe, expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { bytesOfSearch, extremalEigenpairs, productsOfSearch } from "../estimators/extremal-eigenpairs.ts";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { meanSquaredError } from "../problem/losses/mean-squared-error.ts";
import type { Problem } from "../problem/problem.ts";
import { denseHessian } from "../quantities/dense-hessian.ts";
import { gaussNewtonOperator } from "../quantities/gauss-newton-operator.ts";
import { dataGradient } from "../quantities/data-gradient.ts";
import { lossGradient } from "../quantities/loss-gradient.ts";
import { lossValue } from "../quantities/loss-value.ts";
import { neededQuantities, settingOf } from "../quantities/needed-quantities.ts";
import { defineQuantity, type Quantity } from "../quantities/quantity.ts";
import { createRandom } from "../random/random-stream.ts";
import type { RunContext } from "../util/run-context.ts";
import { deskOf } from "../../test/support/desk-of.ts";
import { denseProblem, type Dense } from "../../test/support/dense-problem.ts";
import { defineInstrument } from "./instrument.ts";
import { planProfile, runProfile } from "./profile.ts";
import { INSTRUMENTS } from "./registry.ts";

const random = createRandom(12);
const normals = (label: string, count: number) => [...random.split(label).normalVector(count)];

function network(widths: readonly number[], activation: string, count: number, classifies: boolean): Problem {
  const label = widths.join();
  const layers = widths.slice(1).map((outputs, i): Dense => ({
    name: `layer${i}`,
    inputs: widths[i],
    weights: normals(`${label} w${i}`, widths[i] * outputs).map((x) => x / Math.sqrt(widths[i])),
    bias: normals(`${label} b${i}`, outputs),
    activation: i < widths.length - 2 ? activation : undefined,
  }));
  const outputs = widths[widths.length - 1];
  const x = Array.from({ length: count }, (_, i) => normals(`${label} x${i}`, widths[0]));
  return classifies
    ? denseProblem(
        layers,
        x,
        x.map((_, i) => i % outputs),
        crossEntropy,
      )
    : denseProblem(
        layers,
        x,
        x.map((_, i) => normals(`y${i}`, outputs)),
        meanSquaredError,
      );
}

/** Of 51, 179 and 663 parameters: the block of a layer is found without products in the last. */
const MODELS: readonly [string, () => Problem][] = [
  ["a small ReLU classifier", () => network([4, 6, 3], "Relu", 40, true)],
  ["a regression", () => network([6, 12, 7, 1], "Tanh", 60, false)],
  ["a wider classifier", () => network([12, 40, 3], "Softplus", 50, true)],
];

const RUNS: readonly [string, Record<string, unknown>, RunContext][] = [
  ["as it comes", {}, {}],
  ["without the whole matrix", { exactLimit: 0, layerTop: 2 }, {}],
  ["few eigenvalues", { only: "eigenvalues,noise,residual", top: 1, bottom: 1, exactLimit: 0 }, {}],
  ["with a budget that suffices", { only: "eigenvalues,trace" }, { hasBudget: true, outOfTime: () => false }],
];

/** All quantities that instruments may need. */
function everyQuantity(): Set<Quantity> {
  const found = new Set<Quantity>();
  const visit = (needs: Quantity["needs"]) => {
    for (const { quantity } of needs) {
      if (found.has(quantity)) continue;
      found.add(quantity);
      visit(quantity.needs);
    }
  };
  for (const { needs } of INSTRUMENTS) visit(needs);
  return found;
}

/** The quantities that are computed until the test ends, as they are asked for. */
function watched(): Set<Quantity> {
  const computed = new Set<Quantity>();
  for (const quantity of everyQuantity()) {
    const { on } = quantity;
    const spy = vi.spyOn(quantity, "on").mockImplementation((desk) => {
      computed.add(quantity);
      return on(desk);
    });
    onTestFinished(() => spy.mockRestore());
  }
  return computed;
}

describe.each(MODELS)("the plan for %s", (_, problemOf) => {
  it.each(RUNS)("%s is what the run does", async (_run, options, context) => {
    const problem = problemOf();
    onTestFinished(() => problem.close());
    const only = typeof options.only === "string" ? options.only.split(",") : INSTRUMENTS.map(({ name }) => name);
    const needs = INSTRUMENTS.filter(({ name }) => only.includes(name)).flatMap((instrument) => instrument.needs);
    const setting = settingOf({ problem, options, hasBudget: context.hasBudget }, needs);
    const computed = watched();
    const { result } = await runProfile(problem, options, createRandom(0), context);
    const planned = neededQuantities(needs, setting);
    // What every run begins with stands in no plan; what takes no product may prove to be unneeded.
    const known = new Set<Quantity>([lossValue, dataGradient, lossGradient, ...planned]);
    expect([...computed].filter((quantity) => !known.has(quantity))).toEqual([]);
    const unused = [...planned].filter((quantity) => !computed.has(quantity) && quantity.cost(setting) > 0);
    expect(unused.map(({ name }) => name)).toEqual([]);
    const plan = planProfile(problem, options, context);
    expect(plan.map(({ name }) => name)).toEqual(result.sections.map(({ instrument }) => instrument));
    const total = plan.reduce((sum, { products }) => sum + products, 0);
    // How long a search takes shows on the way; what is exact is known before.
    const isExact = Object.keys(options).length === 0;
    const factor = Math.max(total / result.products, result.products / total);
    expect(factor, `${total} planned, ${result.products} taken`).toBeLessThan(isExact ? 1.75 : 3);
    if (!isExact) return;
    // The whole matrix, to the product.
    const productsOf = (all: readonly { readonly products: number }[]) =>
      all[plan.findIndex(({ name }) => name === "eigenvalues")].products;
    expect(productsOf(result.sections)).toBe(productsOf(plan));
  });
});

describe("the memory of a plan", () => {
  const bytesOf = (problem: Problem, options: Record<string, unknown>) =>
    Object.fromEntries(planProfile(problem, options).map(({ name, bytes }) => [name, bytes]));

  it("is the matrix with its triangle from where it is computed to the end", async () => {
    const problem = network([12, 40, 3], "Softplus", 50, true);
    const n = problem.space.dimension;
    const dense = await deskOf(problem).get(denseHessian);
    const { loss, eigenvalues, gradient, units } = bytesOf(problem, {});
    expect(loss).toBe(0);
    for (const bytes of [eigenvalues, gradient, units]) {
      expect(bytes).toBeGreaterThan(2 * (dense?.matrix.byteLength ?? Number.NaN));
      expect(bytes).toBeLessThan(2 * 8 * n * n + 8 * n * 200);
    }
    await problem.close();
  });

  it("is that of the vectors of a search only while it lasts, and no more than it may hold", async () => {
    const problem = network([12, 40, 3], "Softplus", 50, true);
    const n = problem.space.dimension;
    const { eigenvalues, stability } = bytesOf(problem, { exactLimit: 0, top: 3, bottom: 2, noiseTop: 4 });
    // The eigenvectors of H and those of the noise, and three numbers of each example.
    expect(stability).toBe(8 * (n * (5 + 4) + 3 * 50));
    expect(eigenvalues).toBe(8 * n * (5 + productsOfSearch(n, { largest: 3, smallest: 2 })));
    // Of a billion parameters a gigabyte holds no vector: the search restarts with the fewest that it can.
    const huge = { dimension: 1e9, precision: "float32", preferredBlock: 1 } as const;
    expect(bytesOfSearch(huge, { largest: 3, smallest: 2 })).toBe(4 * 1e9 * (2 * 5 + 3 + 4));
    await problem.close();
  });
});

describe("one more quantity", () => {
  it("is one object: computed once for two instruments, with its flags and its place in plans", async () => {
    const seen = { times: 0 };
    const gaussNewtonExtremes = defineQuantity({
      name: "largest eigenvalues of G",
      parameters: z.object({ gTop: z.number().int().min(1).default(2).describe("how many") }),
      cost: ({ problem }, { gTop }) => productsOfSearch(problem.space.dimension, { largest: gTop }),
      compute: (desk, { gTop }) => {
        seen.times++;
        const operator = desk.operator(gaussNewtonOperator);
        return extremalEigenpairs(operator, { largest: gTop }, desk.random.split("G"), desk.context);
      },
    });
    const texts = { measures: "", means: "", doesNotMean: "", tryNext: "", readings: () => [], verdicts: () => [] };
    const instruments = ["one", "other"].map((name) =>
      defineInstrument({
        ...texts,
        name,
        title: name,
        parameters: z.object({}),
        part: { count: z.number().nullable().default(null) },
        needs: [gaussNewtonExtremes],
        run: async (desk) => {
          const { top } = await desk.get(gaussNewtonExtremes);
          return { parts: { count: top.length }, converged: true };
        },
      }),
    );
    for (const { parameters } of instruments) expect(Object.keys(parameters.shape)).toEqual(["gTop"]);
    const problem = network([4, 6, 3], "Relu", 40, true);
    const needs = instruments.flatMap((instrument) => instrument.needs);
    const setting = settingOf({ problem, options: { gTop: 3 } }, needs);
    expect([...neededQuantities(needs, setting)]).toEqual([gaussNewtonExtremes]);
    expect(gaussNewtonExtremes.cost(setting)).toBe(62);
    const desk = deskOf(problem, { gTop: 3 }, { needs: [gaussNewtonExtremes] });
    const [one, other] = await Promise.all(instruments.map((instrument) => instrument.run(desk)));
    expect([one.part, other.part, seen.times]).toEqual([{ count: 3 }, { count: 3 }, 1]);
    await problem.close();
  });
});
