import { describe, expect, it } from "vitest";
import { barrierOf } from "./profile-curve.ts";

const along = (losses: readonly number[]) => ({
  t: losses.map((_, i) => i / (losses.length - 1)),
  at: losses.map((loss) => ({ train: { loss, accuracy: null }, test: null })),
});

describe("the barrier of a way", () => {
  it("is its greatest height above the line between its ends", () => {
    expect(barrierOf(along([1, 4, 2, 5]), "train")).toEqual({ height: expect.closeTo(4 - 7 / 3), t: 1 / 3 });
  });

  it("is 0 where nothing is higher", () => {
    expect(barrierOf(along([1, 0, 3]), "train")?.height).toBe(0);
  });

  it.each([
    [[1, Number.NaN, 2, 9, 1]],
    [[1, 9, 2, Number.NaN, 1]],
    [[Number.NaN, 9, 1]],
    [[1, Number.POSITIVE_INFINITY, 2, 9, 1]],
  ])("has no height where a loss is not finite: %j", (losses) => {
    expect(Number.isFinite(barrierOf(along(losses), "train")?.height)).toBe(false);
  });
});
