import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Graph } from "../graph/graph.ts";
import { tensorOf } from "../graph/leaf.ts";
import { tensor } from "../util/tensor.ts";
import { numberArithmetic } from "./arithmetic.ts";
import { graphArithmetic } from "./graph-arithmetic.ts";
import type { CoordinateRule } from "./optimizer.ts";
import { rmsprop } from "./rmsprop.ts";
import { COORDINATE_OPTIMIZERS } from "./registry.ts";
import { largestCurvature, largestStepSize } from "./stability-limit.ts";

const named = (name: string) => {
  const found = COORDINATE_OPTIMIZERS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no optimiser ${name}`);
  return found;
};

/** Steps of a rule on a function with that gradient. */
function* walk(
  rule: CoordinateRule,
  start: readonly number[],
  gradientAt: (x: readonly number[]) => readonly number[],
) {
  let x = start;
  let states = start.map((): readonly number[] => rule.state.map(() => 0));
  for (let step = 0; ; step++) {
    const numbers = rule.numbers(step);
    const gradient = gradientAt(x);
    const updated = x.map((weight, i) =>
      rule.update(numberArithmetic, { weight, gradient: gradient[i], state: states[i], numbers }),
    );
    x = updated.map(({ weight }) => weight);
    states = updated.map(({ state }) => state);
    yield x;
  }
}

const paths = z
  .object({
    curvatures: z.array(z.number()),
    rows: z.array(
      z.object({
        function: z.enum(["quadratic", "rosenbrock"]),
        optimizer: z.string(),
        options: z.record(z.string(), z.union([z.number(), z.boolean()])),
        start: z.array(z.number()),
        every: z.number(),
        path: z.array(z.array(z.number())),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("../../test/optimizers/torch-paths.json", import.meta.url), "utf8")));

const GRADIENTS = {
  quadratic: (x: readonly number[]) => x.map((each, i) => paths.curvatures[i] * each),
  rosenbrock: ([a, b]: readonly number[]) => [-400 * a * (b - a * a) - 2 * (1 - a), 200 * (b - a * a)],
};

describe("update rules", () => {
  for (const { function: on, optimizer, options, start, every, path } of paths.rows) {
    it(`goes where torch.optim goes: ${optimizer} ${JSON.stringify(options)} on ${on}`, () => {
      const steps = walk(named(optimizer).with(options).rule, start, GRADIENTS[on]);
      for (const there of path) {
        let here: readonly number[] = [];
        for (let i = 0; i < every; i++) here = steps.next().value ?? here;
        const scale = Math.max(...there.map(Math.abs));
        here.forEach((each, i) => expect(Math.abs(each - there[i])).toBeLessThanOrEqual(1e-12 * scale));
      }
    });
  }

  it("are all compared with torch.optim, but Lion, which it does not have", () => {
    const compared = new Set(paths.rows.map(({ optimizer }) => optimizer));
    expect(COORDINATE_OPTIMIZERS.map(({ name }) => name).filter((name) => !compared.has(name))).toEqual(["lion"]);
  });

  it("Lion moves every coordinate by its step, against the sign of β₁m + (1−β₁)g, and shrinks weights apart from that", () => {
    const { rule } = named("lion").with({ lr: 0.25, beta1: 0.5, beta2: 0.75, weightDecay: 0.5 });
    const numbers = rule.numbers(0);
    const first = rule.update(numberArithmetic, { weight: 2, gradient: 4, state: [0], numbers });
    expect(first).toEqual({ weight: 2 * (1 - 0.125) - 0.25, state: [1] });
    // The mean outweighs the new gradient: 0.5·1 − 0.5·0.5 > 0.
    const second = rule.update(numberArithmetic, { ...first, gradient: -0.5, numbers });
    expect(second).toEqual({ weight: 1.5 * (1 - 0.125) - 0.25, state: [0.75 - 0.125] });
  });

  for (const optimizer of COORDINATE_OPTIMIZERS) {
    it(`are the same in a graph: ${optimizer.name}`, () => {
      const { rule } = optimizer.with({ lr: 0.1 });
      const graph = new Graph();
      const vector = (data: readonly number[]) =>
        graph.constant(tensor("float64", [data.length], Float64Array.from(data)));
      const weights = [1, -2, 0.5];
      const gradients = [0.3, -0.7, 0];
      let inGraph = {
        weight: vector(weights),
        state: rule.state.map(() => vector([0, 0, 0])) as readonly ReturnType<typeof vector>[],
      };
      let apart = weights.map((weight) => ({ weight, state: rule.state.map(() => 0) as readonly number[] }));
      for (let step = 0; step < 3; step++) {
        const numbers = rule.numbers(step);
        const fed = Object.fromEntries(
          Object.entries(numbers).map(([name, value]) => [name, graph.scalar(value, "float64")]),
        );
        inGraph = rule.update(graphArithmetic(graph, "float64"), {
          ...inGraph,
          gradient: vector(gradients),
          numbers: fed,
        });
        apart = apart.map((each, i) => rule.update(numberArithmetic, { ...each, gradient: gradients[i], numbers }));
      }
      const found = tensorOf(inGraph.weight)?.data ?? [];
      apart.forEach(({ weight }, i) => expect(Math.abs(found[i] - weight)).toBeLessThanOrEqual(1e-15));
    });
  }
});

describe("stability limits (A6)", () => {
  const LAMBDA = 3;
  for (const [name, options] of [
    ["gd", {}],
    ["momentum", {}],
    ["nesterov", {}],
    ["ema", {}],
    ["sgd", { momentum: 0.5, dampening: 0.25 }],
    ["gd", { weightDecay: 2 }],
    ["momentum", { weightDecay: 2 }],
  ] as const) {
    it(`holds to a thousandth: ${name} ${JSON.stringify(options)}`, () => {
      const limit = named(name).with(options).stabilityLimit;
      expect(limit).toBeDefined();
      if (limit === undefined) return;
      const lr = largestStepSize(limit, LAMBDA);
      expect(largestCurvature(limit, lr)).toBeCloseTo(LAMBDA, 12);
      const after = (factor: number) => {
        const steps = walk(named(name).with({ ...options, lr: factor * lr }).rule, [1], ([x]) => [LAMBDA * x]);
        let size = 1;
        for (let i = 0; i < 20_000 && size < 1e11; i++) size = Math.abs(steps.next().value?.[0] ?? Number.NaN);
        return size;
      };
      expect(after(0.999)).toBeLessThan(1e-10);
      expect(after(1.001)).toBeGreaterThan(1e10);
    });
  }

  // With β₂ next to 1 and a mean square that was always the same, the preconditioner is D = √v and stays.
  it.each([
    ["adam", 0, 1],
    ["adam", 2, 1],
    ["adam", 2, 0.25],
    ["adamw", 2, 1],
    ["adamw", 2, 0.25],
  ] as const)(
    "of %s with decay %d is that of the Hessian behind its divisor, root of %d",
    (name, weightDecay, square) => {
      const options = { beta1: 0.9, beta2: 1 - 1e-16, eps: 0, weightDecay };
      const limit = named(name).with(options).stabilityLimit;
      if (limit?.matrix !== "D⁻¹H") throw new Error("no limit behind a divisor");
      const divisor = limit.settled(square, 0);
      const lr = largestStepSize(limit, (LAMBDA + limit.coupledDecay) / divisor);
      const after = (factor: number) => {
        const { rule } = named(name).with({ ...options, lr: factor * lr });
        let at = { weight: 1e-9, state: [0, square] as readonly number[] };
        for (let step = 0; step < 20_000 && Math.abs(at.weight) < 1e3; step++) {
          const { kept } = rule.numbers(0);
          const numbers = { scaled: factor * lr, damped: 0, kept };
          at = { ...rule.update(numberArithmetic, { ...at, gradient: LAMBDA * at.weight, numbers }) };
          at = { weight: at.weight, state: [at.state[0], square] };
        }
        return Math.abs(at.weight);
      };
      expect(after(0.999)).toBeLessThan(1e-17);
      expect(after(1.001)).toBeGreaterThan(1e2);
    },
  );

  it.each([{}, { centered: true }, { weightDecay: 0.5 }, { momentum: 0.5 }])(
    "what the divisor of RMSProp settles at is that of many steps: %o",
    (more) => {
      const tuned = rmsprop.with({ ...more, alpha: 0.999, eps: 1e-3 });
      const { rule, stabilityLimit } = tuned;
      if (stabilityLimit?.matrix !== "D⁻¹H") throw new Error("no limit behind a divisor");
      const slopes = [1, 3];
      let state: readonly number[] = rule.state.map(() => 0);
      for (let step = 0; step < 40_000; step++) {
        const numbers = rule.numbers(step, 0);
        ({ state } = rule.update(numberArithmetic, { weight: 2, gradient: slopes[step % 2], state, numbers }));
      }
      const all = slopes.map((slope) => slope + 2 * stabilityLimit.coupledDecay);
      const settled = stabilityLimit.settled((all[0] ** 2 + all[1] ** 2) / 2, (all[0] + all[1]) / 2);
      const after = rule.preconditioner?.(numberArithmetic, { state, numbers: rule.numbers(40_000, 0), stepSize: 0 });
      expect(after).toBeCloseTo(settled, 2);
    },
  );
});

describe("options of optimisers", () => {
  it("are looked at: unknown names, step sizes that are none, Nesterov without momentum", () => {
    expect(() => named("adam").with({ beta: 0.9 })).toThrow('adam has no option "beta"');
    expect(() => named("gd").with({ lr: 0 })).toThrow("lr");
    expect(() => named("gd").with({ lr: Number.NaN })).toThrow("lr");
    expect(() => named("sgd").with({ nesterov: true })).toThrow("nesterov");
  });
});
