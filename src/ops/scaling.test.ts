import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OP_ROWS } from "../../test/support/op-rows.ts";
import { draw, type OpCase } from "../../test/support/op-case.ts";
import { evaluate } from "../../test/support/run-values.ts";
import { Graph } from "../graph/graph.ts";
import type { Regime, ScalingRule } from "../graph/scaling.ts";
import type { Operation, Value } from "../graph/value.ts";
import { createRandom } from "../random/random-stream.ts";
import { NO_ATTRIBUTES } from "./attribute-schemas.ts";
import { defineKernel, defineOp } from "./define-op.ts";
import { Tanh } from "./unary.ts";
import { isFloat, type Tensor } from "../util/tensor.ts";

/* Every rule against numbers: what becomes of the output when all float inputs are multiplied; and no rule is missing. */

const DEGREES = [-3, -2, -1, -0.5, 0, 0.5, 1, 2, 3];

/** The exponent of the output where all float inputs have exponent 1. */
function degreeOf(rule: ScalingRule, inputs: readonly Value[]): number {
  const floats = inputs.filter(({ dtype }) => isFloat(dtype)).length;
  switch (rule.kind) {
    case "same":
    case "select":
      return 1;
    case "sum":
      return floats;
    case "none":
    case "difference":
    case "compare":
      return 0;
    case "scaled":
      return rule.factor;
    case "first":
      return isFloat(inputs[0].dtype) ? 1 : 0;
    case "second":
      return 1;
  }
}

/** The values of a primitive alone on its inputs as drawn, and with the floats among them multiplied. */
async function valuesAt(op: string, opCase: OpCase, factors: readonly number[]) {
  const graph = new Graph();
  const inputs = opCase.inputs.map(({ dtype, shape }, i) => graph.input(`${i}`, dtype, shape));
  const y = opCase.build(...inputs);
  const isAlone = y.operation.name === op && y.inputs.every((input) => inputs.includes(input));
  if (!isAlone || y.inputs.every(({ dtype }) => !isFloat(dtype))) return undefined;
  const random = createRandom(5).split(op);
  const drawn = opCase.inputs.map((input, i) => draw(input, random.split(`${i}`)));
  const results: (readonly number[])[] = [];
  for (const factor of [1, ...factors]) {
    const feed = (tensor: Tensor): Tensor =>
      isFloat(tensor.dtype) ? { ...tensor, data: tensor.data.map((x) => factor * x) } : tensor;
    const feeds = new Map(drawn.map((tensor, i) => [`${i}`, feed(tensor)]));
    results.push(Array.from((await evaluate(new Map([["y", y]]), feeds)).get("y")?.data ?? [], Number));
  }
  return { y, results };
}

const isTimes = (a: readonly number[], b: readonly number[], factor: number) =>
  a.every((x, i) => Math.abs(b[i] - factor * x) <= 1e-5 * (Math.abs(b[i]) + Math.abs(factor * x)));

/** Numbers that all float inputs are multiplied by. */
const FACTORS: Readonly<Record<Exclude<Regime, "exchange">, readonly number[]>> = { positive: [2, 3], sign: [-1] };

describe.each(["positive", "sign"] as const)("%s factors", (regime) => {
  const factors = FACTORS[regime];
  const degrees = DEGREES.filter((degree) => regime === "positive" || degree === 0 || degree === 1);
  it.each(OP_ROWS.map(({ op, cases }) => ({ op, cases })))("$op", async ({ op, cases }) => {
    const drawn = fc.sample(cases, { seed: 3, numRuns: 6 });
    const samples = (await Promise.all(drawn.map((each) => valuesAt(op, each, factors)))).filter(
      (each) => each?.results[0].some((x) => x !== 0 && Number.isFinite(x)) === true,
    );
    const scales = (each: (typeof samples)[number], degree: number) =>
      factors.every(
        (factor, i) =>
          each !== undefined &&
          isTimes(each.results[0], each.results[i + 1], Math.sign(factor) ** degree * Math.abs(factor) ** degree),
      );
    const ruled = samples.flatMap((each) => {
      const rule = each?.y.operation.scaling?.(each.y, regime);
      return each && rule && rule.kind !== "none" ? [scales(each, degreeOf(rule, each.y.inputs))] : [];
    });
    expect([op, ruled.includes(false)]).toEqual([op, false]);
    if (samples.length === 0 || ruled.length > 0) return;
    expect([op, degrees.filter((degree) => samples.every((each) => scales(each, degree)))]).toEqual([op, []]);
  });
});

it("is an answer that the compiler asks of every primitive", () => {
  const { make } = Tanh;
  const mute = (): Operation => make({});
  const definition = { name: "Mute", summary: "", attributes: NO_ATTRIBUTES };
  // @ts-expect-error An operation that may not say how it scales is no primitive.
  defineOp({ ...definition, make: mute });
  defineKernel({ ...definition, make: mute });
  defineOp({ ...definition, make });
});
