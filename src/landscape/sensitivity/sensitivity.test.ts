import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { array, buildProblem } from "../../../test/support/build-problem.ts";
import { mul } from "../../ops/arithmetic.ts";
import { matmul } from "../../ops/matmul.ts";
import { meanSquaredError } from "../../problem/losses/mean-squared-error.ts";
import { createRandom } from "../../random/random-stream.ts";
import type { TensorFilters } from "../filters.ts";
import { chooseBits } from "./choose-bits.ts";
import { predictChanges } from "./predict-change.ts";
import { pruneSmallest } from "./prune-smallest.ts";
import { rankCorrelation } from "./rank-correlation.ts";
import { roundToBits, storedBits } from "./round-to-bits.ts";

const EXACT = { lossRounding: 0, gradientRounding: 0, productRounding: 0, test: null };

function filters(shape: readonly number[], count: number, filterOf: (i: number) => number): TensorFilters {
  const size = shape.reduce((a, b) => a * b, 1);
  const tensor = { name: "w", label: "w", shape: [...shape], offset: 0, size };
  return { tensor, role: "weights", count, filterOf: Int32Array.from({ length: size }, (_, i) => filterOf(i)) };
}

describe("changes of a tensor", () => {
  it("rounds each channel by a scale of its own, symmetrically, the largest weight staying as it is", () => {
    const rows = filters([2, 3], 2, (i) => Math.floor(i / 3));
    const columns = filters([2, 3], 3, (i) => i % 3);
    const w = Float64Array.of(1, -0.4, 0.1, 10, -4, 1);
    // Three bits: −3 … 3.
    const expected = [1, -1 / 3, 0, 10, -10 / 3, 0];
    [...roundToBits.of(3).apply(w, rows)].forEach((x, i) => expect(x).toBeCloseTo(expected[i], 15));
    expect([...roundToBits.of(3).apply(w, columns)].map((x) => x + 0)).toEqual([0, 0, 0, 10, -4, 1]);
    // A bias has one scale, whatever it belongs to.
    const offset: TensorFilters = { ...filters([3], 3, (i) => i), role: "offset" };
    expect([...roundToBits.of(2).apply(Float64Array.of(4, -2, 1.9), offset)].map((x) => x + 0)).toEqual([4, -4, 0]);
    expect([...roundToBits.of(8).apply(new Float64Array(6), rows)]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("is off by half a step at most, and rounding twice changes nothing more", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 6, maxLength: 6 }),
        fc.integer({ min: 2, max: 16 }),
        (values, bits) => {
          const rows = filters([2, 3], 2, (i) => Math.floor(i / 3));
          const w = Float64Array.from(values);
          const change = roundToBits.of(bits);
          const rounded = change.apply(w, rows);
          w.forEach((x, i) => {
            const channel = w.subarray(3 * Math.floor(i / 3), 3 * Math.floor(i / 3) + 3);
            const most = channel.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
            expect(Math.abs(rounded[i] - x)).toBeLessThanOrEqual((0.5 / (2 ** (bits - 1) - 1)) * most * (1 + 1e-9));
          });
          change.apply(rounded, rows).forEach((x, i) => expect(x).toBeCloseTo(rounded[i], 9));
        },
      ),
    );
  });

  it("sets the smallest weights to 0, of equal ones the first", () => {
    const all = filters([6], 1, () => 0);
    const w = Float64Array.of(3, -1, 1, 2, -5, 1);
    expect([...pruneSmallest.of(0.34).apply(w, all)]).toEqual([3, 0, 0, 2, -5, 1]);
    expect([...pruneSmallest.of(0.99).apply(w, all)]).toEqual([0, 0, 0, 0, -5, 0]);
    expect([...w]).toEqual([3, -1, 1, 2, -5, 1]);
    const hundred = pruneSmallest.of(0.29).apply(
      new Float64Array(100).fill(1),
      filters([100], 1, () => 0),
    );
    expect(hundred.filter((x) => x === 0)).toHaveLength(29);
  });
});

describe("the predicted change of the loss", () => {
  const random = createRandom(3);
  const x = array([20, 4], random.normalVector(80));
  const y = array([20, 2], random.normalVector(40));
  const w = array([4, 2], random.normalVector(8));

  it("is the change itself where the loss is quadratic, and says so", async () => {
    const parts = {
      x,
      y,
      parameters: { w },
      build: (input: Parameters<typeof matmul>[0], p: Record<string, Parameters<typeof matmul>[0]>) =>
        matmul(input, p["w"]),
    };
    const problem = buildProblem({ ...parts, loss: meanSquaredError });
    const { loss } = await problem.point.value();
    const steps = [0.01, 0.5, 3].map((length) => random.normalVector(8).map((each) => length * each));
    const found = await predictChanges(problem, await problem.point.gradient(), { loss, ...EXACT }, steps, {});
    for (const { predicted, measured, error, slope, curvature } of found) {
      const size = Math.abs(slope) + Math.abs(curvature);
      expect(Math.abs(measured - predicted)).toBeLessThan(1e-13 * (size + loss));
      expect(error).toBeLessThan(1e-11 * (size + loss));
    }
    await problem.close();
  });

  it("has an error of twice the cubic and the quartic term, whatever their signs", async () => {
    // (x w²)²: of fourth order in w, exactly.
    const build = (input: Parameters<typeof matmul>[0], p: Record<string, Parameters<typeof matmul>[0]>) =>
      matmul(input, mul(p["w"], p["w"]));
    const problem = buildProblem({ x, y, parameters: { w }, build, loss: meanSquaredError });
    const { loss } = await problem.point.value();
    const gradient = await problem.point.gradient();
    for (let trial = 0; trial < 20; trial++) {
      const step = random.normalVector(8).map((each) => 0.2 * each);
      const [found] = await predictChanges(problem, gradient, { loss, ...EXACT }, [step], {});
      const off = Math.abs(found.measured - found.predicted);
      expect(off).toBeLessThanOrEqual(found.error * (1 + 1e-9));
      await using back = problem.at(problem.point.parameters.map((each, i) => each - step[i]));
      // a + b behind, b − a before.
      const [ahead, behind] = [
        found.measured - found.predicted,
        (await back.value()).loss - loss + found.slope - found.curvature,
      ];
      const terms = Math.abs((ahead - behind) / 2) + Math.abs((ahead + behind) / 2);
      expect(found.error / (2 * terms)).toBeCloseTo(1, 6);
    }
    await problem.close();
  });
});

describe("rank correlation", () => {
  it("is that of SciPy", () => {
    expect(rankCorrelation([1, 2, 2, 5, -3, 0.5], [3, 1, 4, 4, -2, 7])).toBeCloseTo(0.27941176470588236, 14);
    expect(rankCorrelation([1, 2, 3, 4], [8, 6, 4, 2])).toBe(-1);
    expect(rankCorrelation([1, 1], [3, 4])).toBeNull();
    expect(rankCorrelation([], [])).toBeNull();
  });
});

describe("bits within a budget", () => {
  it("cost no less than the bound, fit, and come as near to the best choice as the bound says", () => {
    let exact = 0;
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            size: fc.integer({ min: 1, max: 50 }),
            channels: fc.integer({ min: 1, max: 3 }),
            costs: fc.tuple(
              fc.integer({ min: 0, max: 9 }),
              fc.integer({ min: 0, max: 40 }),
              fc.integer({ min: 0, max: 99 }),
            ),
          }),
          { minLength: 1, maxLength: 5 },
        ),
        fc.double({ min: 0.13, max: 1, noNaN: true }),
        (tensors, share) => {
          const ways = tensors.map(({ size, channels, costs: [a, b, c] }) =>
            [
              { bits: 32, cost: 0 },
              { bits: 16, cost: a },
              { bits: 8, cost: b },
              { bits: 4, cost: c },
            ].map(({ bits, cost }) => ({ size: storedBits(size, bits, channels), cost })),
          );
          const least = ways.reduce((sum, each) => sum + Math.min(...each.map(({ size }) => size)), 0);
          const budget = Math.max(least, share * ways.reduce((sum, [whole]) => sum + whole.size, 0));
          const found = chooseBits(ways, budget);
          expect(found).toBeDefined();
          if (found === undefined) return;
          const size = found.chosen.reduce((sum, way, i) => sum + ways[i][way].size, 0);
          expect(found.size).toBe(size);
          expect(size).toBeLessThanOrEqual(budget);
          const best = cheapest(ways, budget);
          expect(found.bound).toBeLessThanOrEqual(best + 1e-9);
          expect(found.cost).toBeGreaterThanOrEqual(best - 1e-9);
          if (found.cost < best + 1e-9) exact++;
        },
      ),
      { numRuns: 200 },
    );
    expect(exact).toBeGreaterThan(100);
    const free = [32, 8, 4].map((bits) => ({ size: 10 * bits, cost: 0 }));
    expect(chooseBits([free], 80)).toMatchObject({ chosen: [1], size: 80 });
    expect(chooseBits([free], 320)).toMatchObject({ chosen: [0] });
    expect(chooseBits([[{ size: 320, cost: 0 }]], 319)).toBeUndefined();
  });

  it("count the scales, and whole bytes", () => {
    expect(storedBits(10, 32, 2)).toBe(320);
    expect(storedBits(10, 4, 2)).toBe(40 + 64);
    // 3 numbers of 3 bits take two bytes.
    expect(storedBits(3, 3, 1)).toBe(16 + 32);
    // One number a channel is better left as it is.
    expect(storedBits(4, 2, 4)).toBeGreaterThan(storedBits(4, 32, 4));
  });
});

/** Of all choices that fit. */
function cheapest(ways: Parameters<typeof chooseBits>[0], budget: number): number {
  const rest = (tensor: number, room: number): number => {
    if (room < 0) return Number.POSITIVE_INFINITY;
    if (tensor === ways.length) return 0;
    return Math.min(...ways[tensor].map(({ size, cost }) => cost + rest(tensor + 1, room - size)));
  };
  return rest(0, budget);
}
