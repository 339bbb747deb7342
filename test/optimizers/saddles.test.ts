import { expect, it } from "vitest";
import { placesOf, stepsTo, toyOf } from "../support/optimizer-walks.ts";

const FLAT = [
  [0.1, 0.01],
  [0.05, 0.01],
  [0.01, 0.05],
] as const;

it("flat saddles are left by Adam and RMSProp in so many steps (claim C4 has the law)", () => {
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
