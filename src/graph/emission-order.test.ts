import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gradient } from "../autodiff/products.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { matmul } from "../ops/matmul.ts";
import { sumAll } from "../ops/structure.ts";
import { tanh } from "../ops/unary.ts";
import { breadthFirst } from "./breadth-first.ts";
import { bytesOfRun, emissionOrder } from "./emission-order.ts";
import { Graph } from "./graph.ts";
import { reachable } from "./traverse.ts";
import type { Value } from "./value.ts";

/**
 * How many values are ready and wait for their turn, on average, when they are taken in their order: what ONNX Runtime walks at
 * every step of ordering a graph.
 */
function waiting(values: readonly Value[]): number {
  const place = new Map(values.map((value, i) => [value, i]));
  const readyAt = values.map(({ inputs }) => Math.max(-1, ...inputs.map((input) => place.get(input) ?? -1)));
  return values.reduce((sum, _, i) => sum + (i - 1 - readyAt[i]), 0) / values.length;
}

function isTopological(values: readonly Value[]): boolean {
  const place = new Map(values.map((value, i) => [value, i]));
  return values.every(({ inputs }, i) => inputs.every((input) => (place.get(input) ?? Number.NaN) < i));
}

/** Slopes of the loss of a chain of layers, which are all made at once and used in turn. */
function deep(layers: number, width: number): Value[] {
  const graph = new Graph();
  const weights = Array.from({ length: layers }, (_, i) => graph.input(`w${i}`, "float32", [width, width]));
  let h = graph.input("x", "float32", [width, width]);
  for (const w of weights) h = tanh(matmul(h, w));
  return gradient(sumAll(h), weights);
}

describe("breadth first", () => {
  it("holds every value once, each behind its inputs", () => {
    const links = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.boolean()), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(links, (each) => {
        const graph = new Graph();
        const made: Value[] = [graph.input("x", "float64", [2, 2]), graph.input("y", "float64", [2, 2])];
        for (const [a, b, isSum] of each) made.push((isSum ? add : mul)(made[a % made.length], made[b % made.length]));
        const values = reachable(made);
        const order = breadthFirst(values);
        expect(new Set(order)).toEqual(new Set(values));
        expect(order).toHaveLength(values.length);
        expect(isTopological(order)).toBe(true);
      }),
    );
  });

  it("lets few wait", () => {
    const values = reachable(deep(300, 2));
    expect(waiting(values)).toBeGreaterThan(100);
    expect(waiting(breadthFirst(values).filter(({ inputs }) => inputs.length > 0))).toBeLessThan(10);
  });
});

describe("the order in which a graph is written", () => {
  it("is that in which it was made where there is little of it", () => {
    const outputs = deep(20, 2);
    expect(emissionOrder(outputs)).toEqual({ values: reachable(outputs), outputs, namesEarly: false });
  });

  it("is breadth first where there is much of it, and outputs get their names when they are there", () => {
    const outputs = deep(400, 2);
    const { values, outputs: named, namesEarly } = emissionOrder(outputs);
    expect(values).toEqual(breadthFirst(reachable(outputs)));
    expect(namesEarly).toBe(true);
    expect(new Set(named)).toEqual(new Set(outputs));
  });

  it("does not take much more memory than that in which it was made", () => {
    const outputs = deep(400, 100);
    const order = emissionOrder(outputs);
    expect(order.namesEarly).toBe(false);
    const asMade = bytesOfRun({ values: reachable(outputs), outputs, namesEarly: false });
    expect(bytesOfRun(order)).toBeLessThanOrEqual(asMade + 1024 * order.values.length);
  });
});
