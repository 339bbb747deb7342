import { describe, expect, it } from "vitest";
import { inverseOf } from "../src/linalg/dense.ts";
import { symmetricEigen } from "../src/linalg/symmetric-eigen.ts";
import { axpy, dot, norm2 } from "../src/linalg/vector.ts";
import { runRace } from "../src/dynamics/race/run-race.ts";
import { numberArithmetic } from "../src/optimizers/arithmetic.ts";
import { InverseHessian } from "../src/optimizers/bfgs.ts";
import { walkOf } from "../src/optimizers/coordinate-walk.ts";
import { gradientDescent } from "../src/optimizers/gradient-descent.ts";
import { exactMinimum, type LinePoint } from "../src/optimizers/line-search.ts";
import type { Objective } from "../src/optimizers/objective.ts";
import { OPTIMIZERS } from "../src/optimizers/registry.ts";
import { moreSorensen } from "../src/optimizers/more-sorensen.ts";
import { inBall } from "../src/optimizers/perturbed-gradient-descent.ts";
import { functionTimes, spectrumAt } from "../src/optimizers/spectral-step.ts";
import { steihaug } from "../src/optimizers/trust-region.ts";
import { follow, gradientAt, type Query } from "../src/optimizers/walk.ts";
import { createRandom, type RandomStream } from "../src/random/random-stream.ts";
import { TOYS } from "../src/toys/registry.ts";
import { readSpecification } from "../src/util/specification.ts";

const random = createRandom(5);

function toyOf(text: string) {
  const { chosen, options } = readSpecification("toy", text, TOYS);
  return chosen.with(options);
}

function tunedOf(text: string) {
  const { chosen, options } = readSpecification("optimiser", text, OPTIMIZERS);
  return chosen.with(options);
}

/** Steps until the goal of a toy. */
function stepsTo(toy: string, optimizer: string, at: readonly number[], most = 1_000_000, own: RandomStream = random) {
  const start = Float64Array.from(at);
  const f = toyOf(toy);
  const tuned = tunedOf(optimizer);
  const walk = walkOf(tuned, { start, random: own });
  const { leavesSaddles } = tuned;
  const { end, steps } = runRace({
    toy: f,
    told: f,
    walk,
    start,
    limits: { steps: most, tolerance: 0 },
    leavesSaddles,
  });
  expect(`${optimizer}: ${end}`).toBe(`${optimizer}: reached`);
  return steps;
}

/** Where an optimiser is after each step. */
function placesOf(f: Objective, optimizer: string, at: readonly number[], steps: number): Float64Array[] {
  const places: Float64Array[] = [];
  follow(f, walkOf(tunedOf(optimizer), { start: Float64Array.from(at), random }), (weights) => {
    places.push(weights.slice());
    return places.length >= steps;
  });
  return places;
}

/** What comes of queries to a function. */
function answered<T>(f: Objective, queries: Generator<Query, T>): T {
  for (let next = queries.next(); ; next = queries.next()) {
    if (next.done === true) return next.value;
    const query = next.value;
    if (query.kind === "gradient") f.gradient(query.at, query.found);
    else if (query.kind === "product") f.hessianVector(query.at, query.vector, query.found);
    else if (query.kind === "value") query.found = f.value(query.at);
  }
}

/** ½xᵀAx + gᵀx. */
function quadraticOf(matrix: Float64Array, n: number, g?: Float64Array): Objective {
  const times = (v: Float64Array, into: Float64Array) =>
    v.forEach((_, i) => (into[i] = dot(matrix.subarray(i * n, (i + 1) * n), v)));
  return {
    dimension: n,
    value(x) {
      const image = new Float64Array(n);
      times(x, image);
      return dot(x, image) / 2 + (g === undefined ? 0 : dot(g, x));
    },
    gradient(x, into) {
      times(x, into);
      g?.forEach((each, i) => (into[i] += each));
    },
    hessianVector: (_x, v, into) => times(v, into),
  };
}

/** A symmetric matrix with normal entries. */
function symmetric(n: number, own: RandomStream): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = own.normal();
  return matrix;
}

describe("saddles", () => {
  it("repel gradient descent by 1 + η|λ| a step (C1), slowly where λ is small (C2)", () => {
    const [steep, shallow] = ["saddle:gamma=1", "saddle:gamma=0.1"].map((toy) => stepsTo(toy, "gd:0.1", [0, 1e-3]));
    expect(Math.abs(steep - Math.log(1e3) / Math.log(1.1))).toBeLessThan(1);
    expect(Math.abs(shallow - Math.log(1e3) / Math.log(1.01))).toBeLessThan(1);
    expect(Math.abs(shallow / steep / (Math.log(1.1) / Math.log(1.01)) - 1)).toBeLessThan(0.02);
  });

  const FLAT = [
    [0.1, 0.01],
    [0.05, 0.01],
    [0.01, 0.05],
  ] as const;
  it.each(FLAT)(
    "that are flat take gradient descent (1/y₀² − 1/y₁²)/8η steps and a logarithm (C3): y₀ = %f, η = %f",
    (y0, lr) => {
      const predicted = (1 / y0 ** 2 - 1 / 0.5 ** 2) / 8 / lr + 1.5 * Math.log(0.5 / y0);
      expect(Math.abs(stepsTo("flat", `gd:${lr}`, [0, y0]) / predicted - 1)).toBeLessThan(0.002);
    },
  );

  it("that are flat hardly slow Adam and RMSProp (C4)", () => {
    expect(FLAT.map(([y0, lr]) => stepsTo("flat", `adam:${lr}`, [0, y0]))).toEqual([36, 40, 12]);
    expect(FLAT.map(([y0, lr]) => stepsTo("flat", `rmsprop:${lr}:eps=1e-12`, [0, y0]))).toEqual([5, 5, 1]);
    // The limit (y₁ − y₀)/η is that of steps of length η, which Adam without memory takes, in whole steps.
    const limits = FLAT.map(([y0, lr]) => Math.ceil((0.5 - y0) / lr - 1e-9));
    expect(FLAT.map(([y0, lr]) => stepsTo("flat", `adam:${lr}:beta1=0:beta2=0:eps=1e-30`, [0, y0]))).toEqual(limits);
    // With its means Adam is 10, 11 and 22 % off; ε has no part in it.
    expect(FLAT.map(([y0, lr]) => stepsTo("flat", `adam:${lr}:eps=1e-30`, [0, y0]))).toEqual([36, 40, 12]);
    const [first] = placesOf(toyOf("flat"), "adam:0.01:eps=0", [0, 0.1], 1);
    expect(first[1]).toBeCloseTo(0.11, 15);
  });

  it("are left by momentum at the root of z² − (1+β+ηγ)z + β (C5)", () => {
    const places = placesOf(toyOf("saddle:gamma=1"), "momentum:0.01", [0, 1e-9], 400);
    const [before, after] = places.slice(-2);
    const sum = 1 + 0.9 + 0.01;
    const root = (sum + Math.sqrt(sum * sum - 4 * 0.9)) / 2;
    expect(root).toBeCloseTo(1.06465856, 8);
    expect(Math.abs(after[1] / before[1] - root)).toBeLessThan(1e-10);
  });

  it("that bend are left along −c w₂²/(a−2b), not along the valley (C6)", () => {
    const places = placesOf(toyOf("curved"), "gd:0.001", [0, 1e-4], 11_000);
    const [w1, w2] = places.at(-1) ?? [];
    expect(Math.abs(w1 / w2 ** 2 / -0.5 - 1)).toBeLessThan(1e-3);
    const { critical, value } = toyOf("curved:b=0.375");
    const saddles = critical.filter(({ kind }) => kind === "saddle").map(({ at }) => value(at));
    expect(saddles).toHaveLength(2);
    for (const height of saddles) expect(height).toBeCloseTo(0.017578125, 16);
  });

  it.each([
    [10, 2000],
    [100, 2000],
    [1000, 100],
    [10_000, 12],
  ])(
    "are left by perturbed gradient descent after [ln(√d/r) + ½(γ + ln 2)]/ln(1+ηγ) steps on the mean (C7): d = %i",
    (d, walks) => {
      const EULER = 0.5772156649015329;
      const [radius, lr] = [1e-6, 0.1];
      const predicted = (Math.log(Math.sqrt(d) / radius) + (EULER + Math.log(2)) / 2) / Math.log(1 + lr);
      const f = toyOf(`saddle:n=${d}`);
      const tuned = tunedOf(`pgd:lr=${lr}:radius=${radius}:threshold=0:interval=100000`);
      let sum = 0;
      for (let i = 0; i < walks; i++) {
        const walk = walkOf(tuned, { start: new Float64Array(d), random: createRandom(i).split("C7") });
        follow(f, walk, (weights) => {
          sum++;
          return f.goal.isReached(weights);
        });
      }
      // Counted in whole steps: half a step more on the mean.
      const measured = sum / walks - 0.5;
      // The standard deviation of ln|N(0,1)| is π/√8.
      const error = Math.PI / Math.sqrt(8) / Math.log(1 + lr) / Math.sqrt(walks);
      expect(Math.abs(measured - predicted)).toBeLessThan(3 * error + 0.1);
      if (walks >= 2000) expect(Math.abs(measured / predicted - 1)).toBeLessThan(0.005);
    },
  );

  it("one after the other take gradient descent exponentially many steps, perturbed descent linearly many (C8)", () => {
    const start = (d: number) => Array.from({ length: d }, (_, i) => 0.3 + 0.05 * i);
    const plain = [2, 3, 4, 5, 6, 7].map((d) => Math.log(stepsTo(`octopus:${d}:gamma=1`, "gd:0.1", start(d))));
    const rises = plain.slice(1).map((each, i) => each - plain[i]);
    for (const rise of rises) expect(rise).toBeGreaterThan(0.8);
    expect(Math.abs(rises[4] - rises[3])).toBeLessThan(0.01);
    const [some, twice] = [8, 16].map((d) =>
      stepsTo(`octopus:${d}:gamma=1`, "pgd:lr=0.1:radius=0.1:threshold=0.1:interval=30", start(d)),
    );
    expect(twice / some).toBeLessThan(3);
  });

  it("are left by noise along the way down alone, whose variance grows as an unstable process (C9)", () => {
    const [lr, gamma, deviation, steps, walks] = [0.1, 1, 1e-3, 30, 60_000];
    const f = toyOf(`saddle:gamma=${gamma}`);
    const own = createRandom(9);
    const noisy = (coordinate: number): Objective => ({
      ...f,
      gradient(x, into) {
        f.gradient(x, into);
        into[coordinate] += deviation * own.normal();
      },
    });
    let square = 0;
    for (let i = 0; i < walks; i++) square += (placesOf(noisy(1), `gd:${lr}`, [0, 0], steps).at(-1)?.[1] ?? 0) ** 2;
    const growth = (1 + lr * gamma) ** 2;
    const predicted = ((deviation * lr) ** 2 * (growth ** steps - 1)) / (growth - 1);
    expect(Math.abs(square / walks / predicted - 1)).toBeLessThan(0.02);
    expect(placesOf(noisy(0), `gd:${lr}`, [0, 0], 1000).every(([, y]) => y === 0)).toBe(true);
  });

  it("without curvature take time that is a power of the distance, not a logarithm (C10)", () => {
    const [near, far] = [1e-3, 1e-2].map((r) => stepsTo("chain", "gd:0.1", new Array(3).fill(r / Math.sqrt(3))));
    expect(Math.abs(near / far / 10 - 1)).toBeLessThan(0.05);
  });
});

describe("rates", () => {
  it("of gradient descent are (κ−1)/(κ+1) (D1)", () => {
    const places = placesOf(toyOf("quadratic:100"), `gd:${2 / 101}`, [1, 1], 600).map(norm2);
    expect(Math.abs(places[599] / places[598] - 99 / 101)).toBeLessThan(1e-9);
  });

  it("of the heavy ball are (√κ−1)/(√κ+1), times the number of steps (D2)", () => {
    const [t, beta] = [300, (9 / 11) ** 2];
    const places = placesOf(toyOf("quadratic:100"), `momentum:${4 / 121}:${beta}`, [1, 0], t + 1);
    const ratio = places[t][0] / (t + 1) / (places[t - 1][0] / t);
    expect(Math.abs(ratio - 9 / 11)).toBeLessThan(1e-4);
    expect(Math.abs(places[t][0] / places[t - 1][0] - 9 / 11)).toBeGreaterThan(1e-3);
  });

  it("of momentum in flat directions are those of a step η/(1−β) (D3)", () => {
    const flat = quadraticOf(Float64Array.of(1e-6), 1);
    const places = placesOf(flat, "momentum:0.01", [1], 400).map(([x]) => x);
    expect(Math.abs((places[398] - places[399]) / (1e-6 * places[398]) / 0.1 - 1)).toBeLessThan(0.01);
  });

  it("of Newton double the digits (D4)", () => {
    const f: Objective = {
      dimension: 1,
      value: ([x]) => Math.exp(x) - x,
      gradient: ([x], into) => (into[0] = Math.expm1(x)),
      hessianVector: ([x], [v], into) => (into[0] = Math.exp(x) * v),
    };
    const errors = [0.5, ...placesOf(f, "newton", [0.5], 4).map(([x]) => x)];
    const ratios = errors.slice(1).map((each, i) => each / errors[i] ** 2);
    [0.426, 0.483, 0.4991, 0.499998].forEach((each, i) => expect(ratios[i]).toBeCloseTo(each, [3, 3, 4, 5][i]));
  });

  it("with weight decay w in the loss are those of curvatures λ + w, and what is fitted shrinks by λ/(λ+w) (D12)", () => {
    const [largest, w] = [100, 5];
    const product = 2 / (largest + w);
    const sizes = [0.999, 1.001].map((share) => {
      const options = `gd:lr=${share * product}:weightDecay=${w}`;
      return norm2(placesOf(toyOf(`quadratic:${largest}`), options, [0, 1], 20_000).at(-1) ?? Float64Array.of(0));
    });
    expect(sizes[0]).toBeLessThan(1e-10);
    expect(sizes[1]).toBeGreaterThan(1e8);
    // The best fixed step contracts by (κ − 1)/(κ + 1) with κ = (λ₁ + w)/(λₙ + w).
    const kappa = (largest + w) / (1 + w);
    const places = placesOf(
      toyOf(`quadratic:${largest}`),
      `gd:lr=${2 / (largest + 1 + 2 * w)}:weightDecay=${w}`,
      [1, 1],
      120,
    );
    const [before, after] = places.slice(-2).map(norm2);
    expect(Math.abs(after / before - (kappa - 1) / (kappa + 1))).toBeLessThan(1e-10);
    // ½λ(x − a)² + ½wx² is least at λa/(λ + w).
    const curvatures = [1, 10, 100];
    const shifted: Objective = {
      dimension: 3,
      value: (x) => x.reduce((sum, each, i) => sum + (curvatures[i] * (each - 1) ** 2) / 2, 0),
      gradient: (x, into) => x.forEach((each, i) => (into[i] = curvatures[i] * (each - 1))),
      hessianVector: (_x, v, into) => v.forEach((each, i) => (into[i] = curvatures[i] * each)),
    };
    const end = placesOf(shifted, `gd:lr=0.015:weightDecay=${w}`, [0, 0, 0], 2000).at(-1) ?? [];
    curvatures.forEach((each, i) => expect(Math.abs(end[i] - each / (each + w))).toBeLessThan(1e-10));
  });

  it("of noisy steps: a constant one has a floor, 1/t none (D13)", () => {
    const [h, deviation, steps] = [0.7, 0.5, 1000];
    const rule = gradientDescent.with({ lr: 0.1 }).rule;
    /** A walk with a step size for each step and noise on the gradient, on ½hx². */
    const ended = (sizeOf: (t: number) => number, noiseAt: (t: number) => number, seen?: (x: number) => void) => {
      let x = 0;
      for (let t = 0; t < steps; t++) {
        const numbers = rule.numbers(t, sizeOf(t));
        const gradient = h * x + noiseAt(t);
        x = rule.update(numberArithmetic, { weight: x, gradient, state: [], numbers }).weight;
        if (t >= steps / 10) seen?.(x);
      }
      return x;
    };
    // A walk is linear in its noise: the variance is the sum of the squares of what noise of one step alone leaves.
    const varianceWith = (sizeOf: (t: number) => number) => {
      let sum = 0;
      for (let at = 0; at < steps; at++) sum += ended(sizeOf, (t) => (t === at ? deviation : 0)) ** 2;
      return sum;
    };
    const floor = (0.1 * deviation ** 2) / (h * (2 - 0.1 * h));
    expect(Math.abs(varianceWith(() => 0.1) / floor - 1)).toBeLessThan(1e-12);
    const falling = varianceWith((t) => 1 / (h * (t + 1)));
    expect(Math.abs(falling / (deviation ** 2 / (h * h * steps)) - 1)).toBeLessThan(1e-12);
    const own = random.split("D13");
    let [sum, count] = [0, 0];
    for (let i = 0; i < 2000; i++)
      ended(
        () => 0.1,
        () => deviation * own.normal(),
        (x) => {
          sum += x * x;
          count++;
        },
      );
    expect(Math.abs(sum / count / floor - 1)).toBeLessThan(0.01);
  });

  it("of Adam are those of a diagonal preconditioner: turned out of the axes, it gains nothing (D11)", () => {
    const steps = [0, Math.PI / 4].map((angle) => stepsTo(`quadratic:10000:angle=${angle}`, "adam:0.01", [1, 1]));
    expect(steps[1] / steps[0]).toBeGreaterThan(5);
  });
});

describe("landscapes of few weights", () => {
  /** The Hessian of a function there, row-major. */
  const hessianAt = (f: Objective, at: Float64Array) => {
    const n = f.dimension;
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      const unit = new Float64Array(n);
      unit[i] = 1;
      f.hessianVector(at, unit, matrix.subarray(i * n, (i + 1) * n));
    }
    return matrix;
  };

  it("a product of weights that is right is a flat surface with one curvature Σ(p/wᵢ)², least where all are alike (E4)", () => {
    const f = toyOf("chain:3:p=1");
    const curvatureAt = (w: readonly number[]) => {
      const { values } = symmetricEigen(hessianAt(f, Float64Array.from(w)), 3, false);
      for (const flat of values.subarray(0, 2)) expect(Math.abs(flat)).toBeLessThan(1e-12);
      expect(Math.abs(values[2] - w.reduce((sum, each) => sum + each ** -2, 0))).toBeLessThan(1e-12);
      return values[2];
    };
    expect(curvatureAt([2, 0.5, 1])).toBeCloseTo(5.25, 12);
    expect(curvatureAt([1, 1, 1])).toBeCloseTo(3, 12);
    const own = random.split("E4");
    for (let i = 0; i < 50; i++) {
      const [a, b] = [Math.exp(own.normal()), Math.exp(own.normal())];
      expect(curvatureAt([a, b, 1 / (a * b)])).toBeGreaterThan(3);
    }
  });

  it("gradient descent drifts off wᵢ² − wⱼ², which gradient flow keeps, in proportion to its steps (E4)", () => {
    const f = toyOf("chain:3:p=1");
    const start = [1.5, 0.4, 0.8];
    const drifts = [0.002, 0.001].map((lr) => {
      const places = placesOf(f, `gd:${lr}`, start, Math.round(20 / lr));
      const [a, b] = places.at(-1) ?? [];
      return a * a - b * b - (1.5 ** 2 - 0.4 ** 2);
    });
    expect(drifts[0]).not.toBe(0);
    expect(Math.abs(drifts[0] / drifts[1] - 2)).toBeLessThan(0.01);
  });

  it("a sample of n has two wells half of the time, however large, but the barrier between them is 1/8n (E8)", () => {
    const own = random.split("E8");
    const ofSum = new Map<number, number>();
    for (const n of [10, 100, 1000]) {
      const samples = n === 1000 ? 40_000 : 400_000 / (n / 10);
      ofSum.clear();
      for (let i = 0; i < samples; i++) {
        let ups = 0;
        for (let k = 0; k < n; k += 25) {
          // As many fair coins as bits.
          const bits = Math.floor(own.uniform() * 2 ** Math.min(25, n - k));
          for (let rest = bits; rest > 0; rest &= rest - 1) ups++;
        }
        ofSum.set(ups, (ofSum.get(ups) ?? 0) + 1);
      }
      let [barrier, wells] = [0, 0];
      for (const [ups, count] of ofSum) {
        const f = toyOf(`two-well:s=${(2 * ups) / n - 1}:n=1`);
        const minima = f.critical.filter(({ kind }) => kind === "minimum");
        if (minima.length === 2) {
          wells += count;
          barrier += count * (f.value(new Float64Array(1)) - f.value(minima[0].at));
        }
      }
      // P(2k > n) = ½(1 − C(n, n/2)/2ⁿ) for even n.
      let middle = 1;
      for (let k = 1; k <= n / 2; k++) middle *= (n / 2 + k) / (4 * k);
      const p = (1 - middle) / 2;
      expect(Math.abs(wells / samples - p)).toBeLessThan(3 * Math.sqrt((p * (1 - p)) / samples));
      expect(Math.abs((8 * n * barrier) / samples - 1)).toBeLessThan(Math.max(0.02, 3 * Math.sqrt(5 / samples)));
    }
  });
});

describe("second-order steps", () => {
  it("of Newton end in the saddle, saddle-free ones double the way out, exactly (D5)", () => {
    const f = toyOf("saddle:gamma=1");
    expect(placesOf(f, "newton", [1, 0.5], 1)).toEqual([Float64Array.of(0, 0)]);
    expect(placesOf(f, "saddle-free", [1, 0.5], 1)).toEqual([Float64Array.of(0, 1)]);
  });

  it("in a Krylov space are those of the whole one where that is as large", () => {
    const n = 8;
    const f = quadraticOf(symmetric(n, random.split("krylov")), n);
    const start = [...random.split("start").normalVector(n)];
    const [whole] = placesOf(f, "saddle-free", start, 1);
    // One dimension fewer is another step; a function of more dimensions than its Krylov space is not.
    const padded: Objective = {
      dimension: n + 4,
      value: (x) => f.value(x.subarray(0, n)),
      gradient: (x, into) => f.gradient(x.subarray(0, n), into.subarray(0, n)),
      hessianVector: (x, v, into) => f.hessianVector(x.subarray(0, n), v.subarray(0, n), into.subarray(0, n)),
    };
    const [krylov] = placesOf(padded, `saddle-free:krylov=${n}`, [...start, 0, 0, 0, 0], 1);
    whole.forEach((each, i) => expect(Math.abs(krylov[i] - each)).toBeLessThan(1e-10 * norm2(whole)));
  });

  it("of a product of two weights at 0 have curvatures ±1, where their Gauss–Newton matrix is 0 (D6)", () => {
    const f = toyOf("chain:2");
    const hessian = new Float64Array(4);
    f.hessianVector(new Float64Array(2), Float64Array.of(1, 0), hessian.subarray(0, 2));
    f.hessianVector(new Float64Array(2), Float64Array.of(0, 1), hessian.subarray(2, 4));
    expect([...hessian]).toEqual([0, -1, -1, 0]);
    symmetricEigen(hessian, 2, false).values.forEach((each, i) => expect(each).toBeCloseTo([-1, 1][i], 15));
    const product = Float64Array.of(1, 1);
    for (const v of [Float64Array.of(1, 0), Float64Array.of(0, 1)]) {
      f.gaussNewtonVector?.(new Float64Array(2), v, product);
      expect([...product]).toEqual([0, 0]);
    }
    // Off it, Gauss–Newton sees a minimum where there is a saddle, and stays on the way into it.
    expect(placesOf(f, "levenberg-marquardt", [0, 0], 5)).toEqual([]);
  });

  it("of Gauss–Newton solve Rosenbrock's square system in two, as Newton on its residuals, whatever they are called", () => {
    const f = toyOf("rosenbrock");
    const [first, second] = placesOf(f, "natural-gradient", [-1.2, 1], 2);
    // r = (1 − x, y − x²): the first step makes the linear one 0 and the linearised other one, too.
    expect(first[0]).toBeCloseTo(1, 12);
    expect(first[1]).toBeCloseTo(1.44 - 2.4 * 2.2, 12);
    expect(norm2(second.map((x) => x - 1))).toBeLessThan(1e-12);
    // In the coordinates r the natural gradient is r ← (1−η)r; in x and y it differs by O(η²).
    const off = [0.02, 0.01].map((share) => {
      const [[x, y]] = placesOf(f, `natural-gradient:${share}`, [-1.2, 1], 1);
      return Math.hypot(1 - x - (1 - share) * 2.2, y - x * x - (1 - share) * (1 - 1.44));
    });
    expect(Math.abs(off[0] / off[1] - 4)).toBeLessThan(1e-6);
  });

  it("of Levenberg–Marquardt are −(JᵀJ + μ)⁻¹g where the value falls, and so reach a curved minimum", () => {
    const f = toyOf("rosenbrock");
    const at = Float64Array.of(-1.2, 1);
    const [step] = placesOf(f, "levenberg-marquardt:damping=50", [...at], 1);
    const matrix = new Float64Array(4);
    f.gaussNewtonVector?.(at, Float64Array.of(1, 0), matrix.subarray(0, 2));
    f.gaussNewtonVector?.(at, Float64Array.of(0, 1), matrix.subarray(2, 4));
    const inverse = inverseOf(Float64Array.of(matrix[0] + 50, matrix[1], matrix[2], matrix[3] + 50), 2);
    const slope = answered(f, gradientAt(at));
    for (const i of [0, 1]) {
      const expected = at[i] - dot(inverse?.subarray(2 * i, 2 * i + 2) ?? slope, slope);
      expect(Math.abs(step[i] - expected)).toBeLessThan(1e-9);
    }
    for (const optimizer of ["levenberg-marquardt", "gauss-newton"])
      expect(stepsTo("rosenbrock:10", optimizer, new Array(10).fill(-1), 300)).toBeLessThan(300);
  });

  it("find negative curvature on every indefinite quadratic (D7)", () => {
    for (let i = 0; i < 200; i++) {
      const own = random.split(`indefinite ${i}`);
      const n = 2 + (i % 7);
      const matrix = symmetric(n, own);
      const g = own.normalVector(n);
      const f = quadraticOf(matrix, n, g);
      const { values } = symmetricEigen(matrix, n, false);
      const { end, step, promised } = answered(
        f,
        steihaug(new Float64Array(n), g, { radius: 1e6, tolerance: 1e-12, most: 2 * n }),
      );
      expect(end === "negative-curvature").toBe(values[0] < 0);
      expect(Math.abs(f.value(step) / promised - 1)).toBeLessThan(1e-8);
      if (values[0] < 0) expect(Math.abs(norm2(step) / 1e6 - 1)).toBeLessThan(1e-12);
    }
  });

  it.each([10, 100])(
    "of L-BFGS and BFGS end a quadratic of 12 dimensions in 12 exact searches; BFGS then has the inverse (D8): κ = %i",
    (kappa) => {
      const n = 12;
      const f = toyOf(`quadratic:${kappa}:${n}:0.3`);
      const start = [...random.split("D8").normalVector(n)];
      for (const optimizer of ["bfgs", "lbfgs:1", "lbfgs:5"]) {
        const places = placesOf(f, `${optimizer}:line-search=exact`, start, n);
        const norms = places.map((x) => norm2(answered(f, gradientAt(x))));
        // Rounding grows with κ where little is remembered.
        const enough = optimizer === "bfgs" ? 1e-12 : kappa === 10 ? 1e-10 : 1e-6;
        expect(norms[n - 1] / norm2(answered(f, gradientAt(Float64Array.from(start))))).toBeLessThan(enough);
        expect(norms[n - 2]).toBeGreaterThan(1e-6);
      }
      const memory = new InverseHessian(n);
      let here: Pick<LinePoint, "weights" | "value" | "gradient"> = {
        weights: Float64Array.from(start),
        value: 0,
        gradient: answered(f, gradientAt(Float64Array.from(start))),
      };
      for (let i = 0; i < n; i++) {
        const direction = memory.times(here.gradient).map((x) => -x);
        const next = answered(f, exactMinimum({ ...here, direction }));
        if (next === undefined) throw new Error("no minimum");
        memory.learn(
          next.weights.map((x, k) => x - here.weights[k]),
          next.gradient.map((x, k) => x - here.gradient[k]),
        );
        here = next;
      }
      const hessian = new Float64Array(n * n);
      for (let j = 0; j < n; j++) {
        const unit = new Float64Array(n);
        unit[j] = 1;
        f.hessianVector(here.weights, unit, hessian.subarray(j * n, (j + 1) * n));
      }
      const off = memory.matrix.map((x, i) => x - (inverseOf(hessian, n)?.[i] ?? Number.NaN));
      expect(norm2(off)).toBeLessThan(1e-10);
    },
  );

  it("of the exact trust region are no worse than any of 200 000 random ones, in the hard case, too (D7)", () => {
    const own = random.split("D7");
    const [n, radius] = [6, 1.5];
    const matrix = symmetric(n, own);
    const { values, vectors } = symmetricEigen(matrix, n, true);
    expect(values[0]).toBeLessThan(0);
    const general = own.normalVector(n);
    const across = general.slice();
    axpy(-dot(vectors[0], general), vectors[0], across);
    // Short enough that −(H − λmin)⁺g lies within the region.
    const hard = across.map((x) => x / 4);
    for (const [g, isHard] of [
      [general, false],
      [hard, true],
    ] as const) {
      const f = quadraticOf(matrix, n, g);
      const spectrum = answered(f, spectrumAt(new Float64Array(n), g, n));
      if (spectrum === undefined) throw new Error("no spectrum");
      const { step: shares, promised, multiplier, isHardCase } = moreSorensen(spectrum.values, spectrum.slopes, radius);
      const step = spectrum.combined(shares);
      expect(isHardCase).toBe(isHard);
      expect(Math.abs(norm2(step) - radius)).toBeLessThan(1e-12);
      expect(Math.abs(f.value(step) - promised)).toBeLessThan(1e-12);
      expect(multiplier).toBeGreaterThanOrEqual(-values[0]);
      // (H + μ)p = −g.
      const image = answered(f, gradientAt(step));
      axpy(multiplier, step, image);
      expect(norm2(image)).toBeLessThan(1e-12);
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 200_000; i++) best = Math.min(best, f.value(inBall(n, radius, own)));
      expect(promised).toBeLessThanOrEqual(best);
      expect(promised).toBeGreaterThan(2 * best);
    }
    // From a saddle itself, where there is no slope, the way leads down.
    expect(stepsTo("saddle", "trust-region", [0, 0], 3)).toBe(1);
  });

  it("of L-BFGS keep their rate on Rosenbrock's function of 100, those of BFGS gain (D8)", () => {
    // Near the minimum, so that what is learnt of its curvatures is all that changes.
    const start = Array.from(createRandom(8).normalVector(100), (x) => 1 + 0.1 * x);
    const f = toyOf("rosenbrock:100");
    const [limited, full] = ["lbfgs:5", "bfgs"].map((optimizer) => {
      const norms = placesOf(f, optimizer, start, 2000).map((x) => norm2(answered(f, gradientAt(x))));
      /** Steps from one length of the gradient to another. */
      return (from: number, to: number) =>
        norms.findIndex((each) => each < to) - norms.findIndex((each) => each < from);
    });
    expect(limited(1e-7, 1e-12) / limited(1e-2, 1e-7)).toBeGreaterThan(1 / 1.5);
    expect(limited(1e-7, 1e-12) / limited(1e-2, 1e-7)).toBeLessThan(1.5);
    expect(limited(1e-2, 1e-12) / 10).toBeGreaterThan(5);
    expect(full(1e1, 1)).toBeGreaterThan(20);
    expect(full(1e-2, 1e-12) / 10).toBeLessThan(1.5);
  });

  it("of (H + μ)⁻¹ lead down along every slope just from μ > −λmin on (D9)", () => {
    const matrix = Float64Array.of(1, 2, 2, -1);
    const { values, vectors } = symmetricEigen(matrix, 2, true);
    const f = quadraticOf(matrix, 2);
    for (const [off, sign] of [
      [-1e-10, -1],
      [1e-10, 1],
    ]) {
      const mu = -values[0] + off;
      const image = answered(
        f,
        functionTimes(new Float64Array(2), vectors[0], 10, (eigenvalue) => 1 / (eigenvalue + mu)),
      );
      expect(Math.sign(dot(vectors[0], image))).toBe(sign);
    }
  });

  it("find their way on Rosenbrock's function, and Newton–CG off a saddle", () => {
    for (const optimizer of ["newton-cg", "lbfgs", "bfgs"])
      expect(
        stepsTo(
          "rosenbrock:10",
          optimizer,
          Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? -1.2 : 1)),
          500,
        ),
      ).toBeLessThan(500);
    expect(stepsTo("saddle", "newton-cg", [0.1, 1e-6], 20)).toBeLessThan(20);
  });
});
