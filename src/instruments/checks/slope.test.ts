import { expect, it } from "vitest";
import { roundingNoise } from "./rounding-noise.ts";
import { slopesOf } from "./slope.ts";

const STEPS = [1e-5, 1e-6, 1e-4, 1e-3];
const ONE = [{ offset: 0, size: 1 }];
const vector = (f: (h: number) => number[]) => async (h: number) => Float64Array.from(f(h));

it("slopes and their uncertainty belong to blocks", async () => {
  const f = vector((h) => [Math.sin(h), Math.exp(2 * h), Math.sign(h)]);
  const blocks = [
    { offset: 0, size: 2 },
    { offset: 2, size: 1 },
  ];
  const [smooth, jump] = await slopesOf(f, blocks, { steps: STEPS, enough: [1e-6, 1e-6], rounding: [0, 0] });
  expect(Math.abs(smooth.value[0] - 1)).toBeLessThan(1e-6);
  expect(Math.abs(smooth.value[1] - 2)).toBeLessThan(1e-6);
  expect(smooth.uncertainty).toBeLessThan(1e-6);
  expect(jump.uncertainty).toBeGreaterThan(100);
});

it("what rounding may do is uncertain at every step", async () => {
  const f = vector((h) => [3 * h]);
  const [{ uncertainty, step }] = await slopesOf(f, ONE, { steps: STEPS, enough: [1e-6], rounding: [1e-9] });
  expect(step).toBe(1e-4);
  expect(uncertainty).toBeCloseTo(1e-5, 9);
});

it.each([
  ["what is added up", (h: number) => [1e6 + Math.exp(h) - 1e6], 1, 2 ** -34],
  ["a little that is left of large numbers", (h: number) => [30 + 1e-13 * Math.exp(h) - 30], 1e-13, 2 ** -49],
  ["grains that grow beside the slope", (h: number) => [Math.round(1e9 * Math.exp(h)) / 1e9], 1, 1e-9],
])("the noise of rounding is that of %s", async (_what, f, slope, grain) => {
  const [noise] = await roundingNoise(vector(f), await vector(f)(0), ONE, [slope], 2 ** -53);
  expect(noise).toBeGreaterThan(grain / 16);
  expect(noise).toBeLessThan(2 * grain);
});

it("what never changes has no noise, and neither has a smooth function", async () => {
  const constant = vector(() => [3]);
  expect(await roundingNoise(constant, await constant(0), ONE, [1], 2 ** -53)).toEqual([3 * 2 ** -53]);
  const smooth = vector((h) => [Math.exp(h)]);
  const [noise] = await roundingNoise(smooth, await smooth(0), ONE, [1], 2 ** -53);
  expect(noise).toBeLessThan(8 * 2 ** -53);
});
