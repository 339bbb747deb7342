import { describe, expect, it } from "vitest";
import { NamedArrays } from "../../result/named-arrays.ts";
import { analyseSamples, distancesBetween } from "./analyse-samples.ts";
import type { SampledFunction } from "./sampled-function.ts";

const NONE = Number.POSITIVE_INFINITY;

const onLine = (name: string, values: readonly number[], rounding = 0): SampledFunction => ({
  name,
  axes: [{ name: "t", values: [...values.keys()] }],
  values: Float64Array.from(values),
  cutShort: null,
  rounding: { value: rounding, at: 1 },
});

const found = (sampled: SampledFunction, persistence = 0) => analyseSamples(sampled, persistence, new NamedArrays());

describe("a sampled loss", () => {
  it("is shared out among basins by the samples that have a loss", () => {
    const { basins, absent } = found(onLine("f", [1, 0, NONE, Number.NaN, 2, 1, 3, 4]));
    expect(absent).toBe(2);
    expect(basins.map(({ points, share }) => [points, share])).toEqual([
      [2, 2 / 6],
      [4, 4 / 6],
    ]);
  });

  it("has a basin where its bar is longer than rounding at both ends, which grows with the loss", () => {
    // The rounding is that at a loss of 1: of the pass it is three times as much.
    const wells = (rounding: number) => found(onLine("f", [2, 0, 3, 1, 4], rounding));
    expect(wells(0.49).basins).toHaveLength(2);
    expect(wells(0.49).minima[1].resolved).toBe(true);
    expect(wells(0.51).basins).toHaveLength(1);
    expect(wells(0.51).minima[1].resolved).toBe(false);
  });

  it("lies as far from another as the largest difference of both, whichever is the higher one", () => {
    const [low, high] = [onLine("low", [0, 1, 0]), onLine("high", [2, 1.5, 0])];
    const of = (...sampled: readonly SampledFunction[]) =>
      distancesBetween(
        sampled.map((each) => found(each)),
        sampled,
      );
    expect(of(low, high).map(({ largestDifference }) => largestDifference)).toEqual([2]);
    expect(of(high, low).map(({ largestDifference }) => largestDifference)).toEqual([2]);
    const elsewhere = { ...high, axes: [{ name: "t", values: [0, 1, 3] }] };
    expect(of(low, elsewhere).map(({ largestDifference }) => largestDifference)).toEqual([null]);
  });
});
