import { describe, expect, it } from "vitest";
import { norm2 } from "../../src/linalg/vector.ts";
import { numberArithmetic } from "../../src/optimizers/arithmetic.ts";
import { gradientDescent } from "../../src/optimizers/gradient-descent.ts";
import type { Objective } from "../../src/optimizers/objective.ts";
import { createRandom } from "../../src/random/random-stream.ts";
import { toyOf, stepsTo, placesOf, quadraticOf } from "../support/optimizer-walks.ts";

const random = createRandom(5);

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
