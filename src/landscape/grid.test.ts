import { describe, expect, it } from "vitest";
import { coarseToFine, rangeAround, ticksOf } from "./grid.ts";

describe("the points of a grid", () => {
  it("are taken from coarse to fine about the centre, whole grids of 2ᵐ steps one after the other", () => {
    expect([...coarseToFine([5], [2])]).toEqual([2, 0, 4, 1, 3]);
    const extents = [7, 6];
    const centre = [3, 1];
    const order = [...coarseToFine(extents, centre)];
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 42 }, (_, i) => i));
    for (const stride of [4, 2, 1]) {
      const coarse = [...order.keys()].filter((point) =>
        [Math.floor(point / 6) - centre[0], (point % 6) - centre[1]].every((away) => away % stride === 0),
      );
      expect(order.slice(0, coarse.length).toSorted((a, b) => a - b)).toEqual(coarse);
    }
  });

  it("have ends as they were written, 0 itself, and even steps", () => {
    const { values, centre, step } = ticksOf("-0.3:0.6:10", "--x");
    expect([values[0], values[9], values[centre], centre]).toEqual([-0.3, 0.6, 0, 3]);
    expect(step).toBeCloseTo(0.1, 15);
    values.forEach((x, i) => expect(x).toBeCloseTo((i - 3) / 10, 15));
  });

  it.each(["-1:1:4", "0.1:1:10", "-1:-0.1:10"])("are refused without 0: %s", (text) => {
    expect(() => ticksOf(text, "--x")).toThrow(expect.objectContaining({ code: "no-centre" }));
  });

  it.each([[[0.5, 4]], [[-3, -2]], [[0]], [[-1e-4, 7e3]]])("have room around %j", (values) => {
    const { values: ticks } = ticksOf(rangeAround(values, 25), "--x");
    expect(ticks[0]).toBeLessThan(Math.min(0, ...values));
    expect(ticks[ticks.length - 1]).toBeGreaterThan(Math.max(0, ...values));
    expect(ticks.length).toBeGreaterThan(15);
    expect(ticks.length).toBeLessThan(35);
  });
});
