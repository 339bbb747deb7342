import { describe, expect, it } from "vitest";
import type { ConnectResult } from "./connect-result.ts";
import { connectSections } from "./connect-sections.ts";

const losses = (loss: number[]) => ({ loss, accuracy: loss.map(() => null) });

const result = (t: number[], loss: number[], asked: number | null): ConnectResult => ({
  other: "b.npz",
  barrier: {
    before: { train: Math.max(...loss) - loss[0], test: null },
    after: null,
    aligned: null,
    permuted: null,
  },
  rounding: 1e-6,
  bends: [],
  profiles: [
    { name: "straight line", path: "linear", isAligned: false, asked, t, arc: t, train: losses(loss), test: null },
  ],
  maxOutputDifference: null,
  outputSize: null,
  alignment: null,
  estimatesStatistics: false,
  statisticsBatch: null,
  highest: null,
});

describe("the height of a barrier", () => {
  it.each([
    [[0, 1], [0.5, 0.5], 11, "not known"],
    [[0, 0.5, 1], [0.5, 0.75, 0.5], 11, "at least 0.250"],
    [[0, 0.5, 1], [0.5, 0.75, 0.5], null, "0.25"],
    [[0, 0.5, 1], [0.5, 0.4, 0.5], null, "0 to rounding"],
  ])("at %j with the losses %j, of %j points asked for, is %s", (t, loss, asked, height) => {
    const [{ readings, text }] = connectSections(result(t, loss, asked));
    expect(readings[0]).toEqual({ label: "barrier, straight line", value: height });
    expect(text.join(" ").includes("The time was spent")).toBe(asked !== null);
  });
});
