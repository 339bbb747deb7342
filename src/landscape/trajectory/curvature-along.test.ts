import fc from "fast-check";
import { expect, it } from "vitest";
import { norm2 } from "../../linalg/vector.ts";
import { curvatureAlong } from "./curvature-along.ts";

const entry = fc.double({ min: -1, max: 1, noNaN: true });

it("holds the quotient of any vector that rounding may have made of this one", () => {
  fc.assert(
    fc.property(
      fc.array(entry, { minLength: 3, maxLength: 3 }),
      fc.array(entry, { minLength: 3, maxLength: 3 }),
      fc.double({ min: 1e-6, max: 0.1, noNaN: true }),
      (at, off, turned) => {
        const values = [5, 4, 3];
        const times = (v: Float64Array) => v.map((x, i) => values[i] * x);
        const v = Float64Array.from(at);
        const length = norm2(v);
        const size = Math.hypot(...off);
        fc.pre(length > 0.1 && size > 0.1);
        const rounding = turned * length;
        const moved = v.map((x, i) => x + (rounding * off[i]) / size);
        const stated = curvatureAlong(v, times(v), rounding);
        const truth = curvatureAlong(moved, times(moved), 0);
        expect(Math.abs((stated?.value ?? 0) - (truth?.value ?? 0))).toBeLessThanOrEqual(1.1 * (stated?.rounding ?? 0));
      },
    ),
  );
});

it("is not known along a vector that is rounding", () => {
  const [v, product] = [Float64Array.of(1e-8, 0), Float64Array.of(1e-8, 0)];
  expect(curvatureAlong(v, product, 1e-6)).toBeUndefined();
  expect(curvatureAlong(new Float64Array(2), new Float64Array(2), 0)).toBeUndefined();
});
