import { describe, expect, it } from "vitest";
import { createRandom } from "../../random/random-stream.ts";
import { meanRise } from "./mean-rise.ts";

const SAMPLES = 16;
const SETS = 400;

/** How the rise grows with the step x along the sharpest direction, standard normal, and its mean. */
const SHAPES = [
  ["its parabola", (x: number) => 500 * x * x, 500],
  ["much slower than its parabola", (x: number) => 10 * Math.abs(x), 10 * Math.sqrt(2 / Math.PI)],
  ["not at all along it", () => 0, 0],
] as const;

describe.each(SHAPES)("the mean rise of a loss that follows %s", (_, shape, along) => {
  it("is within its error, which no control makes larger", () => {
    const random = createRandom(2);
    const truth = along + 20;
    let inside = 0;
    for (let set = 0; set < SETS; set++) {
      const steps = random.normalVector(SAMPLES);
      const others = random.normalVector(SAMPLES);
      const rises = [...steps].map((x, i) => shape(x) + 20 + others[i]);
      const control = [...steps].map((x) => 500 * (x * x - 1));
      const { value, standardError } = meanRise(rises, control);
      const plain = meanRise(
        rises,
        rises.map(() => 0),
      );
      expect(standardError).toBeLessThanOrEqual(plain.standardError);
      if (Math.abs(value - truth) <= 2.13 * standardError) inside++;
    }
    expect(inside / SETS).toBeGreaterThan(0.9);
  });
});
