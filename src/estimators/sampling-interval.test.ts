import { describe, expect, it } from "vitest";
import { quadraticFormInterval, skewedMeanInterval } from "./sampling-interval.ts";

describe("intervals of numbers of any size", () => {
  const samples = [1, 2, 4, 3, 9, 1, 5, 2, 2, 7];

  it.each([1e-250, 1e-120, 1e120, 1e150])("of skewed samples are those of ordinary ones, %s times", (unit) => {
    const { mean, standardError, lower, upper } = skewedMeanInterval(samples, 50, 0.95);
    const other = skewedMeanInterval(
      samples.map((x) => unit * x),
      50,
      0.95,
    );
    const found = [other.mean, other.standardError, other.lower, other.upper].map((x) => x / unit);
    [mean, standardError, lower, upper].forEach((x, i) => expect(found[i]).toBeCloseTo(x, 10));
  });

  it("know nothing where the squares of products are no floats", () => {
    const small = samples.map((x) => 1e-170 * x);
    const { standardError, lower, upper } = quadraticFormInterval(
      small,
      small.map((x) => x * x),
      50,
      0.95,
    );
    expect([standardError, lower, upper]).toEqual([Infinity, -Infinity, Infinity]);
    expect(quadraticFormInterval([0, 0, 0], [0, 0, 0], 50, 0.95)).toMatchObject({ mean: 0, lower: 0, upper: 0 });
  });
});
