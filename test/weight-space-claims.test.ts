import { describe, expect, it } from "vitest";
import { symmetricEigen } from "../src/linalg/symmetric-eigen.ts";
import { norm2 } from "../src/linalg/vector.ts";
import { hessianProduct } from "../src/problem/derivatives/hessian.ts";
import type { Problem } from "../src/problem/problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { array } from "./support/build-problem.ts";
import { openedNets } from "./support/open-net.ts";

/* What is said of weight space, against closed forms, through the engine. */

const open = openedNets();

const identity = (n: number) =>
  array(
    [n, n],
    Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)),
  );

async function hessianAt(problem: Problem, theta: Float64Array): Promise<Float64Array> {
  const n = problem.space.dimension;
  await using point = problem.at(theta);
  const units = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_x, j) => Number(i === j)));
  const columns = await point.product(hessianProduct, units);
  return Float64Array.from({ length: n * n }, (_, at) => columns[at % n][Math.floor(at / n)]);
}

const lossAt = async (problem: Problem, theta: Float64Array) => {
  await using point = problem.at(theta);
  return (await point.value()).loss;
};

const gradientAt = async (problem: Problem, theta: Float64Array) => {
  await using point = problem.at(theta);
  return point.gradient();
};

/** Slope of ln y against ln x by least squares. */
function logSlope(x: readonly number[], y: readonly number[]): number {
  const [a, b] = [x, y].map((values) => values.map(Math.log));
  const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  return (
    a.reduce((sum, each, i) => sum + (each - ma) * (b[i] - mb), 0) / a.reduce((sum, each) => sum + (each - ma) ** 2, 0)
  );
}

describe("weights of 0 in a linear network of depth L", () => {
  it.each([2, 3, 4])(
    "L = %i: the loss leaves its value with order L, and has no curvature from depth 3 on",
    async (depth) => {
      const problem = open(`deep-linear:${Array.from({ length: depth + 1 }, () => 3).join("-")}`, {
        x: identity(3),
        y: array([3, 3], [3, 0, 0, 0, 2, 0, 0, 0, 1]),
      });
      const zero = new Float64Array(problem.space.dimension);
      const size = norm2(await hessianAt(problem, zero));
      if (depth === 2) expect(size).toBeGreaterThan(1);
      else expect(size).toBe(0);
      expect(norm2(await gradientAt(problem, zero))).toBe(0);
      const random = createRandom(depth).normalVector(zero.length);
      const scales = [0.02, 0.04, 0.08];
      const home = await lossAt(problem, zero);
      const changes = await Promise.all(
        scales.map(async (t) =>
          Math.abs(
            (await lossAt(
              problem,
              random.map((x) => (t * x) / norm2(random)),
            )) - home,
          ),
        ),
      );
      expect(Math.abs(logSlope(scales, changes) - depth)).toBeLessThan(0.01);
    },
  );
});

describe("a chain of three weights, E x² = 1/2", () => {
  // L = (w₁w₂w₃ − p)²/2.
  const chain = (p: number) => open("deep-linear:1-1-1-1", { x: array([2, 1], [1, 0]), y: array([2, 1], [p, 0]) });

  it("has at its minima the curvatures 0, 0 and Σ(p/wᵢ)²", async () => {
    const hessian = await hessianAt(chain(1), Float64Array.of(1, 0.5, 2));
    const { values } = symmetricEigen(hessian, 3, false);
    [0, 0, 5.25].forEach((expected, i) => expect(Math.abs(values[i] - expected)).toBeLessThan(1e-12));
  });

  it("is conserved in wᵢ² − wⱼ² by the flow: gradient descent loses it to first order in the step size", async () => {
    const problem = chain(2);
    const TIME = 1;
    const sizes = [0.02, 0.01, 0.005, 0.0025];
    const drifts: number[] = [];
    for (const size of sizes) {
      let w = Float64Array.of(0.7, 1.1, 1.6);
      const conserved = w[2] ** 2 - w[0] ** 2;
      for (let step = 0; step < Math.round(TIME / size); step++) {
        const gradient = await gradientAt(problem, w);
        w = w.map((x, i) => x - size * gradient[i]);
      }
      drifts.push(Math.abs(w[2] ** 2 - w[0] ** 2 - conserved));
    }
    expect(Math.abs(logSlope(sizes, drifts) - 1)).toBeLessThan(0.03);
  });
});

describe("units that are rectified", () => {
  const UNITS = 16384;

  /** Whether no weight into a unit has a slope, unit by unit; weights normal, biases 0, the way out 1. */
  async function deadUnits(x: ReturnType<typeof array>, seed: number, units: number): Promise<boolean[]> {
    const [n, d] = x.shape;
    const problem = open(`mlp:${d}-${units}-1:relu`, { x, y: array([n, 1], new Float64Array(n).fill(-1)) });
    const theta = new Float64Array(problem.space.dimension).fill(1);
    theta.set(createRandom(seed).normalVector(units * d), 0);
    theta.fill(0, units * d, units * (d + 1));
    const gradient = await gradientAt(problem, theta);
    await problem.close();
    return Array.from({ length: units }, (_, unit) =>
      gradient.subarray(unit * d, (unit + 1) * d).every((g) => g === 0),
    );
  }

  /** Within three standard deviations of a count of draws. */
  const expectShare = (share: number, probability: number, draws: number) =>
    expect(Math.abs(share - probability)).toBeLessThan(3 * Math.sqrt((probability * (1 - probability)) / draws));

  it("are dead on n orthogonal points with probability 2⁻ⁿ", async () => {
    const dead = await deadUnits(identity(8), 1, UNITS);
    expectShare(dead.filter(Boolean).length / UNITS, 2 ** -8, UNITS);
  });

  it("can be dead on Σ_{k<d} C(n−1, k) of 2^(n−1) sign patterns of n points in d dimensions", async () => {
    // Points in general position with random signs lie in a half-space with that probability (Wendel 1962). Here all cells are alike.
    const [n, d] = [5, 2];
    const angles = Array.from({ length: n }, (_, i) => (Math.PI * i) / n);
    const isDeadOn = async (pattern: number) => {
      const signed = angles.flatMap((angle, i) => {
        const sign = ((pattern >> i) & 1) === 1 ? -1 : 1;
        return [sign * Math.cos(angle), sign * Math.sin(angle)];
      });
      return (await deadUnits(array([n, d], signed), 7, 256)).includes(true);
    };
    let inHalfSpace = 0;
    for (let pattern = 0; pattern < 2 ** n; pattern++) if (await isDeadOn(pattern)) inHalfSpace++;
    expect(inHalfSpace).toBe(2 * (1 + 4));
  });

  it("stop a layer, and with it every slope, with probability 1 − (1 − 2^−N)^L on one ray", async () => {
    const [N, L] = [3, 10];
    const sizes = [1, ...Array.from({ length: L }, () => N), 1].join("-");
    const problem = open(`mlp:${sizes}:relu`, { x: array([1, 1], [1]), y: array([1, 1], [-1]) });
    const DRAWS = 1000;
    let dead = 0;
    for (let i = 0; i < DRAWS; i++) {
      const theta = createRandom(i).normalVector(problem.space.dimension);
      for (const { name, offset, size } of problem.space.tensors)
        if (name.endsWith("bias")) theta.fill(0, offset, offset + size);
      const gradient = await gradientAt(problem, theta);
      const weights = problem.space.tensors.filter(({ name }) => name.endsWith("weight"));
      const { offset, size } = weights[0];
      if (gradient.subarray(offset, offset + size).every((g) => g === 0)) dead++;
    }
    expectShare(dead / DRAWS, 1 - (1 - 2 ** -N) ** L, DRAWS);
  });
});

describe("units that begin alike", () => {
  it("stay alike: their difference is exactly 0 after 1000 steps", async () => {
    const x = array([12, 2], createRandom(1).normalVector(24));
    const problem = open("mlp:2-3-1:tanh", { x, y: array([12, 1], createRandom(2).normalVector(12)) });
    const [into, bias, out] = problem.space.tensors;
    let theta = createRandom(3).normalVector(problem.space.dimension);
    const twins = (w: Float64Array) => [
      [w[into.offset], w[into.offset + 2]],
      [w[into.offset + 1], w[into.offset + 3]],
      [w[bias.offset], w[bias.offset + 1]],
      [w[out.offset], w[out.offset + 1]],
    ];
    theta.set(theta.subarray(into.offset, into.offset + 2), into.offset + 2);
    theta[bias.offset + 1] = theta[bias.offset];
    theta[out.offset + 1] = theta[out.offset];
    const start = theta;
    for (let step = 0; step < 1000; step++) {
      const gradient = await gradientAt(problem, theta);
      theta = theta.map((w, i) => w - 0.05 * gradient[i]);
    }
    expect(norm2(theta.map((w, i) => w - start[i]))).toBeGreaterThan(0.1);
    expect(twins(theta).map(([a, b]) => a - b)).toEqual([0, 0, 0, 0]);
  });
});
