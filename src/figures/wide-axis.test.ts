import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wideAxis } from "./wide-axis.ts";

describe("an axis for numbers of any size", () => {
  it("is linear where all can be seen there", () => {
    for (const values of [[], [0], [3, 1, -0.5], [40, 0.5], [0, 0]]) expect(wideAxis(values)).toEqual({});
  });

  it("has powers of ten of both signs, set as such", () => {
    const { scale, axis } = wideAxis([40, 3, -0.002]);
    expect(scale).toMatchObject({ type: "symlog", constant: 0.001, domain: [-0.0032, 64] });
    expect(axis?.values).toEqual([-0.001, 0, 0.1, 10]);
    expect(axis?.labelExpr).toContain('"-0.001":"−10⁻³"');
    expect(axis?.labelExpr).toContain('"10":"10"');
  });

  it("labels every power of ten that has room: none is taken away for two that crowd at 0", () => {
    const { axis } = wideAxis([9.6, -0.17, -0.03, 9.1, 10]);
    expect(axis?.values).toEqual([-0.1, 0, 0.1, 1, 10]);
    expect(axis?.labelOverlap).toBe("greedy");
  });

  it("holds every value, and labels few ticks, each once", () => {
    const sizes = fc.double({ min: 1e-30, max: 1e30, noNaN: true });
    const values = fc.array(fc.tuple(sizes, fc.boolean()), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(values, (drawn) => {
        const numbers = drawn.map(([size, isNegative]) => (isNegative ? -size : size));
        const { scale, axis } = wideAxis(numbers);
        if (scale === undefined || axis === undefined) return;
        const [low, high] = scale.domain;
        for (const value of numbers) expect(value >= low && value <= high).toBe(true);
        expect(axis.values.length).toBeLessThanOrEqual(11);
        expect(new Set(axis.values).size).toBe(axis.values.length);
        for (const tick of axis.values) expect(tick >= low && tick <= high).toBe(true);
        const labels: Record<string, string> = JSON.parse(/^\((.*)\)\[/.exec(axis.labelExpr)?.[1] ?? "{}");
        expect(Object.keys(labels)).toHaveLength(axis.values.length);
        expect(Object.values(labels).join()).not.toMatch(/undefined|NaN/);
      }),
    );
  });
});
