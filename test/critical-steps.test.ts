import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { criticalSharpness } from "../src/landscape/trajectory/critical-sharpness.ts";
import { criticalStep } from "../src/landscape/trajectory/critical-step.ts";
import { slopeByDifferences } from "../src/landscape/trajectory/slope-by-differences.ts";
import { dot } from "../src/linalg/vector.ts";
import { matmul } from "../src/ops/matmul.ts";
import { meanSquaredError } from "../src/problem/losses/mean-squared-error.ts";
import { hessianProduct } from "../src/problem/derivatives/hessian.ts";
import type { Problem } from "../src/problem/problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { array, buildProblem } from "./support/build-problem.ts";
import { openTrained, readNetworks } from "./support/trained-network.ts";

/** The loss along a step, less that where it begins. */
async function along(problem: Problem, d: Float64Array) {
  const home = problem.point.parameters;
  const { loss } = await problem.point.value();
  return async (t: number) => {
    await using there = problem.at(home.map((x, i) => x + t * d[i]));
    return (await there.value()).loss - loss;
  };
}

describe("critical sharpness", () => {
  it("is dᵀHd/‖d‖² of a quadratic, for a step of gradient descent and for any other, exactly", async () => {
    const random = createRandom(4);
    const x = array([12, 5], random.normalVector(60));
    const y = array([12, 1], random.normalVector(12));
    await using problem = buildProblem({
      x,
      y,
      parameters: { w: array([5, 1], random.normalVector(5)) },
      build: (input, { w }) => matmul(input, w),
      loss: meanSquaredError,
    });
    const gradient = await problem.point.gradient();
    const other = gradient.map((g, i) => -0.3 * g + 0.05 * Math.sin(i));
    for (const d of [gradient.map((g) => -0.05 * g), other]) {
      const change = await along(problem, d);
      const [product] = await problem.point.product(hessianProduct, [d]);
      const [slope, length] = [dot(gradient, d), dot(d, d)];
      for (const known of [slope, undefined]) {
        const found = await criticalStep(async (t) => ({ value: await change(t), rounding: 1e-14 }), {
          slope: known,
          passes: 6,
        });
        if (found.multiple === null) throw new Error(found.reason ?? "");
        const forward = await slopeByDifferences(
          async (t) => ({ value: await change(t), rounding: 1e-14 }),
          found.multiple,
        );
        // Where the slope is known, and from losses alone.
        for (const of of [{ value: slope, error: 0 }, forward]) {
          const { sharpness } = criticalSharpness(found, of, length);
          expect(Math.abs((sharpness ?? 0) / (dot(d, product) / length) - 1)).toBeLessThan(1e-10);
        }
      }
    }
  });

  const folder = new URL("trained/networks/", import.meta.url);
  const networks = readNetworks((file) => Uint8Array.from(readFileSync(new URL(file, folder))));

  it.each(["attention-masked-fitted-float64", "elu-huber-brief-float64", "tanh-fitted-float64"])(
    "lies within the error that it states, on the trained network %s",
    async (name) => {
      const network = networks.find((each) => each.name === name) ?? networks[0];
      expect(network.name).toBe(name);
      await using problem = openTrained(network);
      const gradient = await problem.point.gradient();
      const [product] = await problem.point.product(hessianProduct, [gradient]);
      const square = dot(gradient, gradient);
      // Of about the critical length, shorter and longer.
      const critical = (2 * square) / Math.abs(dot(gradient, product));
      for (const share of [0.3, 1, 2.5]) {
        const change = await along(
          problem,
          gradient.map((g) => -share * critical * g),
        );
        const found = await criticalStep(async (t) => ({ value: await change(t), rounding: 1e-13 }), {
          slope: undefined,
          passes: 6,
        });
        const { multiple, error } = found;
        if (multiple === null || error === null) throw new Error(found.reason ?? "");
        // By halving, from what is found to be below and above.
        let [low, high] = [Math.max(multiple - 2 * error, multiple / 4), multiple + 2 * error];
        expect(await change(low)).toBeLessThanOrEqual(0);
        expect(await change(high)).toBeGreaterThanOrEqual(0);
        for (let halving = 0; halving < 40; halving++) {
          const middle = (low + high) / 2;
          if ((await change(middle)) < 0) low = middle;
          else high = middle;
        }
        expect(Math.abs(multiple - (low + high) / 2)).toBeLessThanOrEqual(error * 1.0001 + 1e-12);
        expect(error).toBeLessThan(0.1 * multiple);
        const slope = await slopeByDifferences(async (t) => ({ value: await change(t), rounding: 1e-13 }), multiple);
        const exact = share * critical * square;
        expect(Math.abs(exact - Math.abs(slope?.value ?? 0))).toBeLessThanOrEqual(slope?.error ?? 0);
        const squares = (share * critical) ** 2 * square;
        const { sharpness, sharpnessError } = criticalSharpness(found, slope, squares);
        const truth = (2 * exact) / (((low + high) / 2) * squares);
        expect(Math.abs((sharpness ?? 0) - truth)).toBeLessThanOrEqual((sharpnessError ?? 0) * 1.0001);
        expect(sharpnessError ?? 0).toBeLessThan(0.25 * truth);
      }
    },
    60_000,
  );
});
