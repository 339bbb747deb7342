import { describe, expect, it } from "vitest";
import { hessianVector, gradient } from "../autodiff/products.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { behind } from "../ops/behind.ts";
import { matmul } from "../ops/matmul.ts";
import { sumAll } from "../ops/structure.ts";
import { tanh } from "../ops/unary.ts";
import { engineValues } from "../problem/compile-values.ts";
import { runtime } from "../../test/support/run-values.ts";
import { emitModel } from "../onnx/emit-model.ts";
import { Graph } from "./graph.ts";
import { peakBytes } from "./peak-bytes.ts";
import { recomputed } from "./recompute.ts";
import type { Value } from "./value.ts";

// Values of 32 KiB: of smaller ones, memory counts less than how long they take to open.
const [ROWS, WIDTH, LAYERS] = [512, 8, 24];
const TARGET = { precision: "float64", portable: false } as const;

const wave = (size: number, step: number) =>
  Float64Array.from({ length: size }, (_, i) => Math.sin(step * (i + 1)) / 2);

/** A deep residual network, scale · Σ(h − y)²: its gradient or its Hessian product. */
function deep(kind: "gradient" | "hessian"): Value[] {
  const graph = new Graph();
  const weights = Array.from({ length: LAYERS }, (_, i) => graph.input(`w${i}`, "float64", [WIDTH, WIDTH]));
  let h = graph.input("x", "float64", [ROWS, WIDTH]);
  for (const w of weights) h = add(h, matmul(tanh(matmul(tanh(h), w)), w));
  const gap = add(h, mul(graph.input("y", "float64", [ROWS, WIDTH]), -1));
  const loss = mul(sumAll(mul(gap, gap)), graph.input("scale", "float64", []));
  const vectors = weights.map((_, i) => graph.input(`v${i}`, "float64", [WIDTH, WIDTH]));
  return engineValues(kind === "gradient" ? gradient(loss, weights) : hessianVector(loss, weights, vectors), TARGET);
}

const plan = (segments: number) => ({
  segments,
  seeds: new Set(["scale"]),
  data: new Set(["x"]),
  tangents: new Set(Array.from({ length: LAYERS }, (_, i) => `v${i}`)),
  behind,
});

async function run(values: readonly Value[]) {
  const model = emitModel(new Map(values.map((value, i) => [`out ${i}`, value])), TARGET);
  const executable = await runtime.compile(model);
  const feeds = new Map(
    [...model.inputs]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { shape }], i) => {
        const data = wave(
          shape.reduce((product, extent) => product * extent, 1),
          0.37 + i,
        );
        return [name, runtime.feed({ dtype: "float64", shape, data })];
      }),
  );
  const results = await executable.run(feeds);
  await executable.release();
  return [...results.values()].map(({ data }) => data);
}

describe.each(["gradient", "hessian"] as const)("the %s of a deep network in segments", (kind) => {
  const whole = deep(kind);

  it("holds a part of what it held, less the more segments there are", () => {
    const bytes = [2, 4, 8].map((segments) => peakBytes(recomputed(whole, plan(segments))));
    expect(bytes[0]).toBeLessThan(0.8 * peakBytes(whole));
    expect(bytes[1]).toBeLessThan(bytes[0]);
    expect(bytes[2]).toBeLessThan(bytes[1]);
    expect(bytes[2]).toBeLessThan(peakBytes(whole) / 2.5);
  });

  it("has the same numbers, bit for bit", async () => {
    expect(await run(recomputed(whole, plan(6)))).toEqual(await run(whole));
  });

  it("is as it was in one", async () => {
    expect(peakBytes(recomputed(whole, plan(1)))).toBeLessThanOrEqual(peakBytes(whole));
    expect(await run(recomputed(whole, plan(1)))).toEqual(await run(whole));
  });
});
