import { describe, expect, it } from "vitest";
import { exampleCurvature } from "../src/dynamics/lr/example-curvature.ts";
import { meanSquareLimit, shareOfVariance } from "../src/dynamics/lr/mean-square-limit.ts";
import { Order } from "../src/dynamics/mini-batches.ts";
import { norm2 } from "../src/linalg/vector.ts";
import { numberArithmetic } from "../src/optimizers/arithmetic.ts";
import { averagedGradient } from "../src/optimizers/averaged-gradient.ts";
import { gradientDescent } from "../src/optimizers/gradient-descent.ts";
import { heavyBall } from "../src/optimizers/heavy-ball.ts";
import { nesterov } from "../src/optimizers/nesterov.ts";
import type { CoordinateRule } from "../src/optimizers/optimizer.ts";
import { hessianProduct } from "../src/problem/derivatives/hessian.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { array } from "./support/build-problem.ts";
import { openedNets } from "./support/open-net.ts";

/* What is said of step size and noise, against closed forms and exhaustive counting. */

const open = openedNets();

/** All subsets of a size of 0 … n − 1. */
function subsets(n: number, size: number): number[][] {
  if (size === 0) return [[]];
  if (n < size) return [];
  return [...subsets(n - 1, size), ...subsets(n - 1, size - 1).map((rest) => [...rest, n - 1])];
}

describe("the noise of mini-batches", () => {
  it("has the covariance (Σ/B)(N − B)/(N − 1) under our order, within 2 %, and not Σ/B", async () => {
    const [N, B] = [20, 5];
    const random = createRandom(3);
    const problem = open("mlp:3-2-1:tanh", {
      x: array([N, 3], random.split("x").normalVector(3 * N)),
      y: array([N, 1], random.split("y").normalVector(N)),
    });
    const gradients: Float64Array[] = [];
    for (let i = 0; i < N; i++) {
      await using point = problem.at(problem.point.parameters, { examples: Int32Array.of(i) });
      gradients.push(await point.gradient());
    }
    const mean = await problem.point.gradient();
    const trace = gradients.reduce((sum, g) => sum + norm2(g.map((x, i) => x - mean[i])) ** 2, 0) / N;
    const order = new Order(N, B, createRandom(4));
    const STEPS = 40_000;
    let square = 0;
    for (let step = 0; step < STEPS; step++) {
      const batch = order.at(step);
      const off = mean.map((m, i) => batch.reduce((sum, at) => sum + gradients[at][i], 0) / B - m);
      square += norm2(off) ** 2 / STEPS;
    }
    const predicted = trace * shareOfVariance({ batch: B, examples: N });
    expect(Math.abs(square / predicted - 1)).toBeLessThan(0.02);
    expect(Math.abs(square / (trace / B) - 1)).toBeGreaterThan(0.15);
    expect(shareOfVariance({ batch: N, examples: N })).toBe(0);
  });

  /** Steps of a rule on ½hx² with normal noise of variance C/B in the gradient: the mean of x². */
  function stationaryVariance(stepSize: number, batch: number, steps: number): number {
    const { rule } = gradientDescent.with({ lr: stepSize });
    const noise = createRandom(11);
    const numbers = rule.numbers(0);
    let weight = 0;
    let sum = 0;
    for (let step = 0; step < steps; step++) {
      const gradient = weight + noise.normal() / Math.sqrt(batch);
      ({ weight } = rule.update(numberArithmetic, { weight, gradient, state: [], numbers }));
      sum += weight * weight;
    }
    return sum / steps;
  }

  it(
    "leaves the variance ηC/(Bh(2 − ηh)): the linear scaling rule is off by 4.75 at ηh = 1.6",
    { timeout: 60_000 },
    () => {
      const small = stationaryVariance(0.1, 1, 3_000_000);
      const large = stationaryVariance(1.6, 16, 1_000_000);
      expect(Math.abs(small / (0.1 / 1.9) - 1)).toBeLessThan(0.01);
      expect(Math.abs(large / (1.6 / (16 * 0.4)) - 1)).toBeLessThan(0.01);
      expect(Math.abs(large / small / 4.75 - 1)).toBeLessThan(0.02);
    },
  );
});

describe("the step that is stable in mean square", () => {
  const CURVATURES = [0.2, 0.5, 1, 1.1, 2, 3.2];
  const mean = CURVATURES.reduce((sum, a) => sum + a, 0) / CURVATURES.length;
  const variance = CURVATURES.reduce((sum, a) => sum + (a - mean) ** 2, 0) / CURVATURES.length;
  const RULES = [
    ["gradient descent", gradientDescent.with({}).rule],
    ["heavy ball", heavyBall.with({ momentum: 0.9 }).rule],
    ["Nesterov", nesterov.with({ momentum: 0.8 }).rule],
    ["averaged gradient", averagedGradient.with({}).rule],
  ] as const satisfies readonly (readonly [string, CoordinateRule])[];

  /** ln of the growth of the second moments over steps 2000 to 4000, averaged over every batch there is, exactly: no draw. */
  function growth(rule: CoordinateRule, stepSize: number, batch: number): number {
    const curvatures = subsets(CURVATURES.length, batch).map(
      (chosen) => chosen.reduce((sum, i) => sum + CURVATURES[i], 0) / batch,
    );
    const size = 1 + rule.state.length;
    const numbers = rule.numbers(1, stepSize);
    // E z zᵀ, through the update of its columns and then of its rows.
    let moments = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_x, j) => Number(i === j)));
    let log = 0;
    for (let step = 0; step < 4000; step++) {
      const next = moments.map((row) => row.map(() => 0));
      for (const curvature of curvatures) {
        const move = ([weight, ...state]: number[]) => {
          const after = rule.update(numberArithmetic, { weight, gradient: curvature * weight, state, numbers });
          return [after.weight, ...after.state];
        };
        const columns = moments.map((_, j) => move(moments.map((row) => row[j])));
        const both = columns.map((_, i) => move(columns.map((column) => column[i])));
        both.forEach((row, i) => row.forEach((x, j) => (next[i][j] += x / curvatures.length)));
      }
      const largest = Math.max(...next.flat().map(Math.abs));
      if (step >= 2000) log += Math.log(largest);
      moments = next.map((row) => row.map((x) => x / largest));
    }
    return log;
  }

  it.each(RULES.flatMap(([name, rule]) => [1, 4, 6].map((batch) => [name, batch, rule] as const)))(
    "%s, batches of %i of 6: E x² dies out 1 % below, and grows 1 % above",
    (_name, batch, rule) => {
      const limit = meanSquareLimit(rule, { mean, variance }, { batch, examples: CURVATURES.length });
      expect(growth(rule, 0.99 * limit, batch)).toBeLessThan(-1);
      expect(growth(rule, 1.01 * limit, batch)).toBeGreaterThan(1);
    },
  );

  it("is the formula of Wu, Ma and E for plain descent, and the full batch's where a batch holds all", () => {
    for (const batch of [1, 2, 3, 5]) {
      const share = (6 - batch) / (batch * 5);
      const limit = meanSquareLimit(gradientDescent.with({}).rule, { mean, variance }, { batch, examples: 6 });
      expect(Math.abs(limit / ((2 * mean) / (mean ** 2 + share * variance)) - 1)).toBeLessThan(1e-10);
    }
    for (const [optimizer, options] of [
      [gradientDescent, {}],
      [heavyBall, { momentum: 0.9 }],
      [nesterov, { momentum: 0.8 }],
    ] as const) {
      const { rule, stabilityLimit } = optimizer.with(options);
      const limit = meanSquareLimit(rule, { mean, variance }, { batch: 6, examples: 6 });
      expect(Math.abs((limit * mean) / (stabilityLimit?.product ?? 0) - 1)).toBeLessThan(1e-6);
    }
  });

  it("has the curvatures of single examples: of a linear model they are 2(xᵀv)²", async () => {
    const x = createRandom(8).normalVector(15);
    const problem = open("deep-linear:3-1", { x: array([5, 3], x), y: array([5, 1], [1, 2, 3, 4, 5]) });
    const v = Float64Array.of(0.6, 0, 0.8);
    const each = Array.from(
      { length: 5 },
      (_, i) => 2 * (0.6 * Math.fround(x[3 * i]) + 0.8 * Math.fround(x[3 * i + 2])) ** 2,
    );
    const expected = each.reduce((sum, a) => sum + a, 0) / 5;
    const found = await exampleCurvature(problem, v, {});
    expect(Math.abs(found.mean - expected)).toBeLessThan(1e-6);
    const spread = each.reduce((sum, a) => sum + (a - expected) ** 2, 0) / 5;
    expect(Math.abs(found.variance / spread - 1)).toBeLessThan(1e-6);
    const [product] = await problem.point.product(hessianProduct, [v]);
    expect(Math.abs(found.mean - product.reduce((sum, p, i) => sum + p * v[i], 0))).toBeLessThan(1e-12);
  });
});

describe("gradient descent with a finite step", () => {
  it("follows the flow to first order in η, and that of L + (η/4)‖∇L‖² to second", { timeout: 60_000 }, async () => {
    const random = createRandom(21);
    const problem = open("mlp:2-3-1:tanh", {
      x: array([8, 2], random.split("x").normalVector(16)),
      y: array([8, 1], random.split("y").normalVector(8)),
    });
    const start = random.split("start").normalVector(problem.space.dimension);
    const TIME = 1;
    /** ∇L, and with a share ∇(L + share ‖∇L‖²) = g + 2 share Hg. */
    const slope = async (theta: Float64Array, share: number) => {
      await using point = problem.at(theta);
      const gradient = await point.gradient();
      if (share === 0) return gradient;
      const [curved] = await point.product(hessianProduct, [gradient]);
      return gradient.map((g, i) => g + 2 * share * curved[i]);
    };
    const moved = (theta: Float64Array, along: Float64Array, by: number) => theta.map((x, i) => x - by * along[i]);
    /** Runge–Kutta of order four. */
    const flow = async (share: number) => {
      const STEPS = 40;
      const h = TIME / STEPS;
      let theta = start;
      for (let step = 0; step < STEPS; step++) {
        const k1 = await slope(theta, share);
        const k2 = await slope(moved(theta, k1, h / 2), share);
        const k3 = await slope(moved(theta, k2, h / 2), share);
        const k4 = await slope(moved(theta, k3, h), share);
        theta = theta.map((x, i) => x - (h / 6) * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]));
      }
      return theta;
    };
    const plain = await flow(0);
    const distances: { readonly plain: number; readonly modified: number }[] = [];
    for (const size of [0.02, 0.01, 0.005]) {
      let theta = start;
      for (let step = 0; step < Math.round(TIME / size); step++) theta = moved(theta, await slope(theta, 0), size);
      const away = (from: Float64Array) => norm2(theta.map((x, i) => x - from[i]));
      distances.push({ plain: away(plain), modified: away(await flow(size / 4)) });
    }
    const slopes = distances.slice(1).map((each, i) => ({
      plain: Math.log2(distances[i].plain / each.plain),
      modified: Math.log2(distances[i].modified / each.modified),
    }));
    for (const each of slopes) {
      expect(Math.abs(each.plain - 1)).toBeLessThan(0.1);
      expect(Math.abs(each.modified - 2)).toBeLessThan(0.1);
    }
    expect(distances[2].modified).toBeLessThan(distances[2].plain / 5);
  });
});
