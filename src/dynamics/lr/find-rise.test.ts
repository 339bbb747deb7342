import { describe, expect, it } from "vitest";
import { createRandom } from "../../random/random-stream.ts";
import { findRise } from "./find-rise.ts";

const sizes = Array.from({ length: 200 }, (_, i) => 1e-4 * 10 ** (i / 40));

describe("a ramp of the step size", () => {
  it("shows where the loss begins to rise, within the steps that it is smoothed over", () => {
    const { rises, steepest } = findRise(
      sizes,
      sizes.map((size) => 1 + Math.log10(size / 0.1) ** 2),
    );
    expect(rises?.least).toBeLessThan(0.1);
    expect(rises?.most).toBeGreaterThan(0.1);
    expect(rises?.value).toBeGreaterThan(0.05);
    expect(rises?.value).toBeLessThan(0.3);
    expect(steepest).toBeLessThan(rises?.value ?? 0);
  });

  it("shows none where the loss falls to the end, rises from the start, or is the same", () => {
    expect(
      findRise(
        sizes,
        sizes.map((_, i) => 1 - i / 300),
      ).rises,
    ).toBeNull();
    expect(
      findRise(
        sizes,
        sizes.map((_, i) => 1 + i / 300),
      ),
    ).toMatchObject({ rises: null, steepest: null });
    expect(
      findRise(
        sizes,
        sizes.map(() => 1),
      ).rises,
    ).toBeNull();
    expect(findRise([], [])).toEqual({ rises: null, steepest: null, smoothed: [] });
  });

  it("takes what batches scatter by for no rise", () => {
    const random = createRandom(0);
    const noisy = (amplitude: number) => sizes.map(() => 1 + amplitude * random.normal());
    const found = [0.1, 0.1, 0.1, 0.1, 0.1].map((amplitude) => findRise(sizes, noisy(amplitude)).rises);
    expect(found.filter((rise) => rise === null).length).toBeGreaterThanOrEqual(3);
  });

  it("spans what is no higher than the lowest by more than chance", () => {
    const flat = (size: number) => Math.min(Math.max(size, 1e-3), 1e-2);
    const losses = sizes.map((size) => 1 + (Math.log10(size) - Math.log10(flat(size))) ** 2);
    const random = createRandom(1);
    // Where it is flat, rounding alone decides which is lowest.
    const { rises } = findRise(
      sizes,
      losses.map((loss) => loss * (1 + 2 ** -52 * random.normal())),
    );
    // The mean forgets what was before it was flat.
    expect(rises?.least).toBeLessThan(3e-3);
    expect(rises?.most).toBeGreaterThan(0.9e-2);
  });

  it("takes the rounding of the arithmetic for chance", () => {
    const random = createRandom(2);
    const slight = sizes.map((size) => 1 + 1e-6 * Math.log10(size / 0.1) ** 2 * (1 + 0.01 * random.normal()));
    expect(findRise(sizes, slight, 2 ** -52).rises).not.toBeNull();
    expect(findRise(sizes, slight, 2 ** -23).rises).toBeNull();
  });

  it("takes a loss that is no number for a rise", () => {
    const losses = sizes.slice(0, 100).map((_, i) => (i < 99 ? 1 - i / 300 : Number.NaN));
    expect(findRise(sizes.slice(0, 100), losses).rises?.value).toBe(sizes[98]);
  });
});
