import { describe, expect, it } from "vitest";
import type { Dataset } from "../data/dataset.ts";
import { createRandom } from "../random/random-stream.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { tensor, type DType } from "../util/tensor.ts";
import { withLabelNoise } from "./label-noise.ts";

const EXAMPLES = 3000;

/** Example i has the label i mod 5; each seventh is left out. */
function dataset(dtype: DType = "int64"): Dataset {
  const y = (start: number, end: number) =>
    tensor(
      dtype,
      [end - start],
      Float64Array.from({ length: end - start }, (_, i) => ((start + i) % 7 === 0 ? -100 : (start + i) % 5)),
    );
  return {
    name: "counted",
    examples: EXAMPLES,
    inputs: [],
    labels: { array: "y", dtype, shape: [] },
    notes: [],
    batch: (start, end) => ({ inputs: {}, y: y(start, end) }),
    y,
    sha256: () => "",
  };
}

const noisy = (share: number, seed = 1) =>
  withLabelNoise(dataset(), { share, ignoreIndex: -100 }, createRandom(seed)).y(0, EXAMPLES).data;

describe("label noise", () => {
  it("replaces that share by other classes, each alike, and none that is left out", () => {
    const before = dataset().y(0, EXAMPLES).data;
    const after = noisy(0.3);
    const counted = [...before].filter((label) => label !== -100).length;
    const shifts = [0, 0, 0, 0, 0];
    before.forEach((label, i) => {
      if (label === -100) expect(after[i]).toBe(-100);
      else shifts[(after[i] - label + 5) % 5]++;
    });
    const within = (count: number, p: number) =>
      expect(Math.abs(count - counted * p)).toBeLessThan(4 * Math.sqrt(counted * p * (1 - p)));
    within(shifts[0], 0.7);
    for (const shift of shifts.slice(1)) within(shift, 0.3 / 4);
  });

  it("hangs on the seed and on nothing else, and parts agree with the whole", () => {
    expect(noisy(0.3)).toEqual(noisy(0.3));
    expect(noisy(0.3, 2)).not.toEqual(noisy(0.3));
    expect(noisy(0)).toEqual(dataset().y(0, EXAMPLES).data);
    const whole = noisy(0.3);
    const part = withLabelNoise(dataset(), { share: 0.3, ignoreIndex: -100 }, createRandom(1));
    expect(part.batch(100, 130).y.data).toEqual(whole.slice(100, 130));
  });

  it("refuses labels that are no classes", () => {
    expect(() => withLabelNoise(dataset("float32"), { share: 0.1, ignoreIndex: -100 }, createRandom(1))).toThrow(
      ThalwegError,
    );
  });
});
