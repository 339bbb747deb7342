import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolvedSpace, shareOfLeading } from "./leading-space.ts";

const exact = (values: readonly number[]) => values.map((value) => ({ value, residual: 1e-9 }));

describe("the space of the largest eigenvalues", () => {
  it("ends before those that are not told apart", () => {
    expect(resolvedSpace(exact([5, 4, 3, 2, 2, 2]), 5, 10).resolved).toBe(3);
    expect(resolvedSpace(exact([5, 5, 5, 5, 5, 5]), 5, 10).resolved).toBe(0);
    expect(resolvedSpace(exact([5, 4, 3, 2, 1, 0]), 5, 10).resolved).toBe(5);
  });

  it("is all there is where there is nothing more", () => {
    expect(resolvedSpace(exact([2, 2]), 2, 2)).toEqual({ resolved: 2, angle: 0 });
  });

  it("is known to the angle that residuals leave in the gap that they leave", () => {
    const pairs = [
      { value: 3, residual: 0.03 },
      { value: 2, residual: 0.5 },
    ];
    expect(resolvedSpace(pairs, 1, 10).angle).toBeCloseTo(0.03 / (3 - 0.03 - 2 - 0.5), 14);
  });

  it("is not told apart by residuals as large as the gap", () => {
    const pairs = [3, 2].map((value) => ({ value, residual: 0.5 }));
    expect(resolvedSpace(pairs, 1, 10).resolved).toBe(0);
  });
});

/** Vectors of H = diag(3, 1, …) in three dimensions, turned by a small angle: the range holds the true share. */
it("holds the true share, whichever way the vectors found are turned", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -0.02, max: 0.02, noNaN: true }),
      fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
      fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
      (tilt, around, plane) => {
        const values = [3, 1, 0.5];
        const found = [Math.cos(tilt), Math.sin(tilt) * Math.cos(around), Math.sin(tilt) * Math.sin(around)];
        const value = found.reduce((sum, x, i) => sum + values[i] * x * x, 0);
        const residual = Math.hypot(...found.map((x, i) => (values[i] - value) * x));
        // A line that is shown, turned out of the first axis.
        const shown = [Math.cos(plane), Math.sin(plane), 0];
        const overlap = (u: readonly number[]) => shown.reduce((sum, x, i) => sum + x * u[i], 0) ** 2;
        const pairs = [
          { value, residual },
          { value: 1, residual: 0 },
        ];
        const { resolved, angle } = resolvedSpace(pairs, 1, 3);
        expect(resolved).toBe(1);
        const share = shareOfLeading(pairs.slice(0, 1), [overlap(found)], angle, 1);
        const truth = overlap([1, 0, 0]);
        expect(share?.lower).toBeLessThanOrEqual(truth + 1e-12);
        expect(share?.upper).toBeGreaterThanOrEqual(truth - 1e-12);
      },
    ),
  );
});

it("is of no share where an eigenvalue may be 0", () => {
  expect(shareOfLeading([{ value: 1e-9, residual: 1e-8 }], [0.5], 0, 2)).toBeNull();
});
