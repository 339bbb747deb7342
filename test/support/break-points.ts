import { vi } from "vitest";
import { Point } from "../../src/problem/point.ts";
import type { Problem } from "../../src/problem/problem.ts";

/** What to make of the numbers that points give. */
export interface Faults {
  readonly gradient?: (right: Float64Array) => Float64Array;
  readonly product?: (right: Float64Array) => Float64Array;
}

/** Runs `work` while every point of a problem gives wrong numbers; points of other problems are right. */
export async function withBrokenPoints<T>(problem: Problem, faults: Faults, work: () => Promise<T>): Promise<T> {
  const { gradient, product } = Point.prototype;
  const isBroken = (point: Point) => point.space === problem.space;
  const spies = [
    vi.spyOn(Point.prototype, "gradient").mockImplementation(async function (this: Point, context) {
      const right = await gradient.call(this, context);
      return faults.gradient && isBroken(this) ? faults.gradient(right) : right;
    }),
    vi.spyOn(Point.prototype, "product").mockImplementation(async function (this: Point, matrix, block, context) {
      const right = await product.call(this, matrix, block, context);
      return faults.product && isBroken(this) ? right.map(faults.product) : right;
    }),
  ];
  try {
    return await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
