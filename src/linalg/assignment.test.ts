import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assign } from "./assignment.ts";

/** Every order of 0 … n − 1. */
function orders(n: number): number[][] {
  if (n === 0) return [[]];
  return orders(n - 1).flatMap((rest) => Array.from({ length: n }, (_, at) => rest.toSpliced(at, 0, n - 1)));
}

function bestOf(values: Float64Array, n: number): number {
  return Math.max(...orders(n).map((order) => order.reduce((sum, j, i) => sum + values[i * n + j], 0)));
}

const matrices = fc
  .integer({ min: 1, max: 6 })
  .chain((n) =>
    fc.tuple(
      fc.constant(n),
      fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: n * n, maxLength: n * n }),
    ),
  );

describe("the assignment of largest value", () => {
  it("is that of all orders, each column once, with prices that prove it", () => {
    fc.assert(
      fc.property(matrices, ([n, elements]) => {
        const values = Float64Array.from(elements);
        const { columns, value, prices } = assign(values, n);
        expect([...columns].toSorted((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, j) => j));
        expect(value).toBeCloseTo(bestOf(values, n), 9);
        // Each row is content with its column at these prices.
        columns.forEach((own, i) => {
          const worth = (j: number) => values[i * n + j] - prices[j];
          for (let j = 0; j < n; j++) expect(worth(own)).toBeGreaterThanOrEqual(worth(j) - 1e-9);
        });
      }),
    );
  });

  it("is the same from the prices of other values", () => {
    fc.assert(
      fc.property(matrices, fc.double({ min: -3, max: 3, noNaN: true }), ([n, elements], change) => {
        const values = Float64Array.from(elements);
        const { prices } = assign(values, n);
        const others = values.map((x, i) => x + change * Math.sin(7 * i));
        expect(assign(others, n, prices).value).toBeCloseTo(bestOf(others, n), 9);
      }),
    );
  });

  it("is scipy's on 60 rows: linear_sum_assignment(…, maximize=True) of sin(i² + 3 j + i j)", () => {
    const n = 60;
    const values = Float64Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      return Math.sin(i * i + 3 * j + i * j);
    });
    expect(assign(values, n).value).toBeCloseTo(57.674521203726094, 9);
  });
});

it("refuses values that are not finite, through which no path ends", () => {
  expect(() => assign(Float64Array.of(1, Number.NaN, 2, Number.NaN), 2)).toThrow(
    expect.objectContaining({ code: "not-finite" }),
  );
});
