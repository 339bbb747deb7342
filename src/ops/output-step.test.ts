import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { draw } from "../../test/support/op-case.ts";
import { OP_ROWS } from "../../test/support/op-rows.ts";
import { evaluate } from "../../test/support/run-values.ts";
import { Graph } from "../graph/graph.ts";
import type { OutputStep } from "../graph/output-step.ts";
import type { Value } from "../graph/value.ts";
import { createRandom } from "../random/random-stream.ts";
import { isFloat, sizeOf, type Shape, type Tensor } from "../util/tensor.ts";

/* What every primitive says it makes of the numbers of a network, against numbers. */

/** The index of each element along an axis. */
function along(shape: Shape, axis: number): number[] {
  const inner = sizeOf(shape.slice(axis + 1));
  return Array.from({ length: sizeOf(shape) }, (_, i) => Math.floor(i / inner) % shape[axis]);
}

/** Sums along an axis. */
function sumsAlong({ shape, data }: Tensor, axis: number): number[] {
  const inner = sizeOf(shape.slice(axis + 1));
  const sums = new Map<number, number>();
  data.forEach((x, i) => {
    const line = Math.floor(i / (inner * shape[axis])) * inner + (i % inner);
    sums.set(line, (sums.get(line) ?? 0) + x);
  });
  return [...sums.values()];
}

const total = ({ data }: Tensor) => Array.from(data).reduce((sum, each) => sum + each, 0);

type Run = (inputs: readonly Tensor[]) => Promise<Tensor>;

const sorted = (data: Iterable<number>) => Array.from(data, Number).toSorted((a, b) => a - b);
const close = (found: Iterable<number>, expected: readonly number[]) =>
  expect(Array.from(found, (x) => Number(x.toFixed(9)) + 0)).toEqual(expected.map((x) => Number(x.toFixed(9)) + 0));

async function hold(step: OutputStep, y: Value, inputs: readonly Tensor[], run: Run): Promise<void> {
  const [x] = inputs;
  const out = await run(inputs);
  switch (step.kind) {
    case "moves":
      expect(sorted(out.data)).toEqual(sorted(x.data));
      for (const axis of x.shape.keys()) {
        const to = step.axis(axis, x.shape, y.shape);
        if (to === undefined) continue;
        const numbered = await run([{ ...x, data: x.data.map((_, i) => along(x.shape, axis)[i]) }]);
        expect(Array.from(numbered.data)).toEqual(along(y.shape, to));
      }
      return;
    case "repeats":
      return expect(sorted(new Set(out.data))).toEqual(sorted(new Set(x.data)));
    case "negates":
      return close(
        out.data,
        Array.from(x.data, (each) => -each),
      );
    case "logarithm":
      return close(out.data.map(Math.exp), Array.from(x.data));
    case "sums":
      return close([total(out)], [total(x)]);
    case "links": {
      const p = { ...out, data: step.gives === "probabilities" ? out.data : out.data.map(Math.exp) };
      for (const each of p.data) expect(each).toBeGreaterThan(0);
      for (const each of p.data) expect(each).toBeLessThanOrEqual(1);
      expect(step.normalises).toBe(step.axis !== undefined);
      if (step.axis !== undefined) for (const sum of sumsAlong(p, step.axis)) expect(sum).toBeCloseTo(1, 6);
      return;
    }
    case "combines":
      for (const variable of [0, 1] as const) {
        const [own, fixed] = [step.operands[variable], step.operands[1 - variable]];
        if (inputs[own].shape.join() !== y.shape.join()) continue;
        const small = { ...inputs[fixed], data: inputs[fixed].data.map((_, i) => (i % 2 === 0 ? 0.09 : -0.05)) };
        const effect = step.effect(small, variable);
        const found = await run(inputs.map((each, i) => (i === fixed ? small : each)));
        const isOwn = (each: number, i: number) => Math.abs(each - inputs[own].data[i]) < 1e-12;
        if (effect === "shifts")
          found.data.forEach((z, i) => expect(Math.abs(z - inputs[own].data[i])).toBeLessThan(0.1));
        if (effect === "limits")
          found.data.forEach((z, i) => expect(isOwn(z, i) || z === 0.09 || z === -0.05).toBe(true));
        // Numbers that are added become others where they are large.
        const large = { ...small, data: small.data.map((each) => 10 * each) };
        if (effect === "shifts") expect(step.effect(large, variable)).toBe("rescales");
      }
      return;
  }
}

const kinds = new Set<string>();

describe("what becomes of outputs behind", () => {
  it.each(OP_ROWS.map(({ op, cases }) => ({ op, cases })))("$op", async ({ op, cases }) => {
    for (const { inputs: given, build } of fc.sample(cases, { seed: 3, numRuns: 6 })) {
      const graph = new Graph();
      const inputs = given.map(({ dtype, shape }, i) => graph.input(`${i}`, dtype, shape));
      const y = build(...inputs);
      const step = y.operation.outputStep;
      const isAlone = y.operation.name === op && y.inputs.every((input, i) => input === inputs[i]);
      if (!step || !isAlone || !isFloat(y.dtype) || !given.some(({ dtype }) => isFloat(dtype))) continue;
      if (step.kind === "moves" && !isFloat(inputs[0].dtype)) continue;
      const random = createRandom(5).split(op);
      const drawn = given.map((input, i) => draw(input, random.split(`${i}`)));
      kinds.add(step.kind);
      await hold(step, y, drawn, async (tensors) => {
        const feeds = new Map(tensors.map((tensor, i) => [`${i}`, tensor]));
        const found = (await evaluate(new Map([["y", y]]), feeds)).get("y");
        if (!found) throw new RangeError("y was asked for");
        return found;
      });
    }
  });

  it("is told of every kind", () => {
    expect([...kinds].sort()).toEqual(["combines", "links", "logarithm", "moves", "negates", "repeats", "sums"]);
  });
});
