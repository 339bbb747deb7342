import { describe, expect, it } from "vitest";
import { z } from "zod";
import { norm2 } from "../linalg/vector.ts";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { tensor } from "../util/tensor.ts";
import { createRandom } from "../random/random-stream.ts";
import { Account } from "./account.ts";
import { deskOf } from "../../test/support/desk-of.ts";
import { denseProblem } from "../../test/support/dense-problem.ts";
import { denseHessian } from "./dense-hessian.ts";
import type { Desk } from "./desk.ts";
import { gaussNewtonTrace } from "./gauss-newton-trace.ts";
import { hessianExtremes } from "./hessian-extremes.ts";
import { hessianOperator } from "./hessian-operator.ts";
import { hessianTrace } from "./hessian-trace.ts";
import { lossGradient } from "./loss-gradient.ts";
import { lossValue } from "./loss-value.ts";
import { defineQuantity, type Quantity } from "./quantity.ts";
import { sampledHessianTrace } from "./sampled-hessian-trace.ts";

const stream = createRandom(4);
const normals = (count: number) => [...stream.normalVector(count)];
const x = Array.from({ length: 20 }, () => normals(4));
const layers = [
  { name: "one", inputs: 4, weights: normals(24), bias: normals(6), activation: "Tanh" },
  { name: "two", inputs: 6, weights: normals(18), bias: normals(3) },
];
/** 51 parameters. */
const network = () =>
  denseProblem(
    layers,
    x,
    x.map((_, i) => i % 3),
    crossEntropy,
  );

/** ‖Hθ‖, with a count of how often it was computed. */
function lengthOfProduct() {
  const seen = { times: 0 };
  const quantity = defineQuantity({
    name: "length of Hθ",
    parameters: z.object({}),
    cost: () => 1,
    compute: async (desk) => {
      seen.times++;
      const [image] = await desk.operator(hessianOperator).apply([desk.point.parameters]);
      return norm2(image);
    },
  });
  return { quantity, seen };
}

/** A desk for somebody who may ask for these, with an account of their own. */
const forOne = (desk: Desk, ...needs: readonly Quantity[]) =>
  desk.of(new Account(desk.account), { name: "one", needs: new Set(needs) });

describe("a desk", () => {
  it("computes a quantity once, also when it is asked for side by side, and counts it for the first", async () => {
    const { quantity, seen } = lengthOfProduct();
    const desk = deskOf(network());
    const readers = [0, 1, 2].map(() => forOne(desk, quantity));
    const values = await Promise.all(readers.map((reader) => reader.get(quantity)));
    expect(new Set(values).size).toBe(1);
    expect(seen.times).toBe(1);
    expect(readers.map(({ products }) => products).toSorted((a, b) => a - b)).toEqual([0, 0, 1]);
    expect(desk.products).toBe(1);
    await forOne(desk, quantity).get(quantity);
    expect([seen.times, desk.products]).toEqual([1, 1]);
  });

  it("counts products that are taken side by side for whoever takes them", async () => {
    const desk = deskOf(network());
    const { dimension } = desk.problem.space;
    const sizes = [3, 1, 2];
    const readers = sizes.map(() => forOne(desk));
    await Promise.all(
      readers.map((reader, i) =>
        reader.operator(hessianOperator).apply(Array.from({ length: sizes[i] }, () => new Float64Array(dimension))),
      ),
    );
    expect(readers.map(({ products }) => products)).toEqual(sizes);
    expect(desk.products).toBe(6);
  });

  it("counts what was begun beside something else for whoever asks for it", async () => {
    const desk = deskOf(network(), { exactLimit: 0 });
    await forOne(desk).begin(sampledHessianTrace);
    expect(desk.products).toBe(0);
    const reader = forOne(desk, sampledHessianTrace);
    const { products } = await reader.get(sampledHessianTrace);
    expect(products).toBeGreaterThan(0);
    expect(reader.products).toBe(products);
  });

  it("counts what was begun for whoever asks first, also where something else made of it was begun before", async () => {
    const { quantity } = lengthOfProduct();
    const twice = defineQuantity({
      name: "twice that",
      parameters: z.object({}),
      needs: [quantity],
      cost: () => 1,
      compute: async (desk) => {
        await desk.operator(hessianOperator).apply([desk.point.parameters]);
        return 2 * (await desk.get(quantity));
      },
    });
    const desk = deskOf(network());
    await desk.begin(twice);
    const [first, second] = [forOne(desk, quantity), forOne(desk, twice)];
    await first.get(quantity);
    await second.get(twice);
    expect([first.products, second.products, desk.products]).toEqual([1, 1, 2]);
  });

  it("lists checks and arrays in the order in which they are asked for, whatever was computed first", async () => {
    const listed = (name: string, ...needs: Quantity[]) =>
      defineQuantity({
        name,
        parameters: z.object({}),
        needs,
        compute: async (desk) => {
          for (const quantity of needs) await desk.get(quantity);
          desk.checks.push({ name, title: name, passed: true, measured: 0, limit: 1, detail: "" });
          return desk.arrays.keep(name, tensor("float64", [1], Float64Array.of(1)));
        },
      });
    const [deep, other] = [listed("deep"), listed("other")];
    const [first, second] = [listed("first", deep), listed("second", deep, other)];
    const desk = deskOf(network());
    for (const quantity of [other, second, first]) await desk.begin(quantity);
    expect([desk.checks, [...desk.arrays.entries()]]).toEqual([[], []]);
    for (const quantity of [first, second, first]) await forOne(desk, quantity).get(quantity);
    const order = ["deep", "first", "other", "second"];
    expect(desk.checks.map(({ name }) => name)).toEqual(order);
    expect([...desk.arrays.entries()].map(([name]) => name)).toEqual(order);
  });

  it("fails alike for all who ask, and counts what was taken before", async () => {
    const failing = defineQuantity({
      name: "what fails",
      parameters: z.object({}),
      compute: async (desk): Promise<number> => {
        await desk.operator(hessianOperator).apply([desk.point.parameters]);
        throw new RangeError("no");
      },
    });
    const desk = deskOf(network());
    await expect(desk.get(failing)).rejects.toThrow("no");
    await expect(desk.get(failing)).rejects.toThrow("no");
    expect(desk.products).toBe(1);
  });

  it("knows nothing elsewhere: a point elsewhere has its own numbers, and its products are counted", async () => {
    const { quantity, seen } = lengthOfProduct();
    const problem = network();
    const desk = deskOf(problem);
    const point = problem.at(problem.point.parameters.map((value) => 0.5 * value));
    const elsewhere = desk.at(point);
    const all = [quantity, lossValue, lossGradient, gaussNewtonTrace, hessianTrace, hessianExtremes] as const;
    const numbersOf = async (at: Desk) => [
      await at.get(quantity),
      (await at.get(lossValue)).loss,
      norm2(await at.get(lossGradient)),
      (await at.get(gaussNewtonTrace)).value,
      (await at.get(hessianTrace)).value,
      (await at.get(hessianExtremes)).top[0].value,
    ];
    const [here, there] = await Promise.all([numbersOf(desk), numbersOf(elsewhere)]);
    expect(seen.times).toBe(2);
    expect(here).toHaveLength(all.length);
    for (const [i, value] of here.entries()) expect(Math.abs(there[i] / value - 1)).toBeGreaterThan(1e-3);
    const before = desk.products;
    await elsewhere.operator(hessianOperator).apply([point.parameters, point.parameters]);
    expect(desk.products - before).toBe(2);
    // The same numbers as a problem that was opened there.
    const moved = layers.map((layer) => ({
      ...layer,
      weights: layer.weights.map((value) => 0.5 * value),
      bias: layer.bias.map((value) => 0.5 * value),
    }));
    const own = deskOf(
      denseProblem(
        moved,
        x,
        x.map((_, i) => i % 3),
        crossEntropy,
      ),
    );
    const truth = await numbersOf(own);
    for (const [i, value] of truth.entries()) expect(there[i]).toBeCloseTo(value, 10);
    await point.release();
  });

  it("gives nobody what they did not declare", async () => {
    const { quantity } = lengthOfProduct();
    const greedy = defineQuantity({
      name: "greedy",
      parameters: z.object({}),
      compute: (desk) => desk.get(quantity),
    });
    await expect(deskOf(network()).get(greedy)).rejects.toMatchObject({
      kind: "internal",
      code: "undeclared-need",
      message: expect.stringMatching(/"greedy" asks for "length of Hθ"/),
    });
  });

  it("takes the eigenpairs from the matrix where something else wants it, and not where time is short", async () => {
    const options = { top: 1, bottom: 1 };
    const methodOf = async (needs: readonly Quantity[], hasBudget = false) =>
      (await deskOf(network(), options, { needs, context: { hasBudget } }).get(hessianExtremes)).method;
    expect(await methodOf([hessianExtremes])).toMatch(/Lanczos/);
    expect(await methodOf([hessianExtremes, hessianTrace])).toMatch(/whole matrix/);
    expect(await methodOf([hessianTrace, hessianExtremes])).toMatch(/whole matrix/);
    expect(await methodOf([hessianExtremes, denseHessian], true)).toMatch(/Lanczos/);
  });

  it("computes what else is expected while it waits, but nothing that is made of what it waits for", async () => {
    const log: string[] = [];
    const other = defineQuantity({
      name: "other",
      parameters: z.object({}),
      compute: async (desk) => {
        await desk.operator(hessianOperator).apply([desk.point.parameters]);
        return log.push("other");
      },
    });
    const failing = defineQuantity({
      name: "what fails",
      parameters: z.object({}),
      compute: (): Promise<number> => Promise.reject(new RangeError(`no ${log.push("failing")}`)),
    });
    const waited: Quantity<number> = defineQuantity({
      name: "waited for",
      parameters: z.object({}),
      compute: async (desk) => {
        log.push("begins");
        await desk.meanwhile(waited);
        return log.push("ends");
      },
    });
    const ofWaited = defineQuantity({
      name: "made of it",
      parameters: z.object({}),
      needs: [waited],
      compute: async (desk) => (await desk.get(waited)) + log.push("made of it"),
    });
    const further = defineQuantity({
      name: "made of what is made of it",
      parameters: z.object({}),
      needs: [ofWaited],
      compute: async (desk) => (await desk.get(ofWaited)) + log.push("further"),
    });
    const needs = [waited, ofWaited, further, failing, other];
    const desk = deskOf(network(), {}, { needs });
    expect([ofWaited, further, failing, other].map((each) => each.isMadeOf(waited, desk))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    await desk.get(ofWaited);
    expect(log).toEqual(["begins", "failing", "other", "ends", "made of it"]);
    // Counted for whoever asks, and failed for whoever asks.
    expect(desk.products).toBe(0);
    await desk.get(other);
    expect(desk.products).toBe(1);
    await expect(desk.get(failing)).rejects.toThrow("no");
    expect(log).toHaveLength(5);
    // At another point nobody waits for it, and where time is short everything keeps its place.
    const point = desk.problem.at(desk.point.parameters);
    await desk.at(point).get(waited);
    await deskOf(network(), {}, { needs, context: { hasBudget: true } }).get(waited);
    expect(log.slice(5)).toEqual(["begins", "ends", "begins", "ends"]);
    await point.release();
  });
});
