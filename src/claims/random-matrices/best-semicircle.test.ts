import { describe, expect, it } from "vitest";
import { bestSemicircle, equalSemicircle } from "./best-semicircle.ts";
import { semicircleBelow } from "./goe.ts";

/** Where the semicircle has so many equal shares. */
const quantiles = Float64Array.from({ length: 200 }, (_, i) => {
  let [low, high] = [-2, 2];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (semicircleBelow(middle) < (i + 0.5) / 200) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
});

describe("a semicircle beside values", () => {
  it.each([
    [0, 1],
    [3, 0.01],
    [-5, 40],
  ])("is found where they are one, about %d and times %d", (centre, size) => {
    const values = quantiles.map((each) => centre + size * each);
    for (const fit of [bestSemicircle(values), equalSemicircle(values)]) {
      expect(fit.distance).toBeLessThan(0.006);
      expect((fit.centre - centre) / size).toBeCloseTo(0, 1);
      expect(fit.radius / (2 * size)).toBeCloseTo(1, 1);
    }
  });

  it("is narrow where most are one and a few stand out: as many as those it misses", () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => (i < 90 ? 0 : i));
    expect(bestSemicircle(values).distance).toBeGreaterThan(0.099);
    expect(equalSemicircle(values).distance).toBeGreaterThan(0.3);
  });
});
