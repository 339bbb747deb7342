import { describe, expect, it } from "vitest";
import type { Objective } from "../../src/optimizers/objective.ts";
import { createRandom } from "../../src/random/random-stream.ts";
import { toyOf, stepsTo, placesOf } from "../support/optimizer-walks.ts";

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
});
