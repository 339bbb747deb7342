import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { roundedGradient } from "../../problem/derivatives/rounded.ts";
import type { Problem } from "../../problem/problem.ts";
import { createRandom } from "../../random/random-stream.ts";
import { comparePrecisions, type Gradients } from "./compare-precisions.ts";
import { loadProblem } from "../../load/load-problem.ts";

const LIMIT = 5e-4;

/** Five tensors of eight numbers and lengths about 1; what the first is the sum of cancels to `part` of it. */
function cancelled(part: number) {
  const random = createRandom(1);
  const drawn = (name: string) => random.split(name).normalVector(40);
  const wide = drawn("wide").map((x) => x / Math.sqrt(8));
  const around = (name: string, roundoff: number) => {
    const errors = drawn(name);
    return wide.map((x, i) => x + (i < 8 ? (errors[i] * roundoff) / part / Math.sqrt(8) : 0));
  };
  return { wide, narrow: around("narrow", 2 ** -24), moved: around("moved", 2 ** -53) };
}

const TENSORS = [0, 8, 16, 24, 32].map((offset) => ({ offset, size: 8 }));

describe("a gradient of which rounding left a part", () => {
  it.each([1e-2, 1e-5, 1e-8, 1e-12])("is not wrong when it cancels to %f of its terms", (part) => {
    const { wrong, right } = comparePrecisions(TENSORS, cancelled(part), LIMIT);
    expect([...wrong.keys()]).toEqual([]);
    expect(right.has(0)).toBe(part >= 1e-2);
    expect([1, 2, 3, 4].every((number) => right.has(number))).toBe(true);
  });

  it("is not wrong where float32 is at another point of the function, whatever it is there", () => {
    const gradients = cancelled(1e-8);
    for (const factor of [-25_126, 0, 25_126]) {
      const narrow = gradients.narrow.map((x, i) => (i < 8 ? factor * x : x));
      const { wrong, right } = comparePrecisions(TENSORS, { ...gradients, narrow }, LIMIT);
      expect([...wrong.keys()]).toEqual([]);
      expect(right.has(0)).toBe(false);
    }
  });

  it.each([1, 1e-2, 1e-3, 1e-4, 1e-5])(
    "is wrong by more than rounding explains, cancelled to %f of its terms",
    (part) => {
      const gradients = cancelled(part);
      const grain = 2 ** -24 / part;
      // A fault must be sixteen of its grains and more.
      const fault = 1 + Math.max(2 * LIMIT, 32 * grain);
      const narrow = gradients.narrow.map((x, i) => (i < 8 ? fault * x : x));
      expect([...comparePrecisions(TENSORS, { ...gradients, narrow }, LIMIT).wrong.keys()]).toEqual([0]);
    },
  );

  it("is wrong where it should be zero and is not", () => {
    const { wide, narrow, moved } = cancelled(1);
    const without = (x: Float64Array) => x.map((value, i) => (i < 8 ? 0 : value));
    const zero = { wide: without(wide), moved: without(moved) };
    expect([...comparePrecisions(TENSORS, { ...zero, narrow }, LIMIT).wrong.keys()]).toEqual([0]);
    expect([...comparePrecisions(TENSORS, { ...zero, narrow: without(narrow) }, LIMIT).wrong.keys()]).toEqual([]);
  });
});

describe("a network of 60 layers", () => {
  let [problem, close]: [Problem | undefined, () => Promise<void>] = [undefined, () => Promise.resolve()];
  let gradients: Gradients;

  beforeAll(async () => {
    const net = `mlp:64-${Array.from({ length: 59 }, () => 8).join("-")}-10:tanh`;
    ({ problem } = await loadProblem(net, { data: "digits", limit: 100, loss: "cross-entropy" }));
    close = () => problem?.close() ?? Promise.resolve();
    const there = problem.inFloat64?.point;
    if (!there) throw new RangeError("a processor has float64");
    gradients = {
      narrow: await problem.point.gradient({}),
      wide: await there.gradient({}),
      moved: await there.derivative(roundedGradient, undefined, {}),
    };
  });
  afterAll(() => close());

  it("is right, and a fault of one part in a thousand is found in every tensor that is", () => {
    const tensors = problem?.space.tensors ?? [];
    const { wrong, right } = comparePrecisions(tensors, gradients, LIMIT);
    expect([...wrong.keys()]).toEqual([]);
    expect(right.size).toBeGreaterThan(tensors.length / 4);
    for (const number of right.keys()) {
      const { offset, size } = tensors[number];
      const narrow = gradients.narrow.map((x, i) => (i >= offset && i < offset + size ? 1.002 * x : x));
      expect(comparePrecisions(tensors, { ...gradients, narrow }, LIMIT).wrong.has(number)).toBe(true);
    }
  });
});
