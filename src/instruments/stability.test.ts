import { describe, expect, it } from "vitest";
import { stabilityLimits } from "./stability.ts";

describe("stability limits", () => {
  it("are the published ones (Cohen et al. 2021, 2022)", () => {
    const limits = stabilityLimits(4, 0.9).map(({ stepSize }) => stepSize);
    expect(limits).toHaveLength(4);
    expect(limits[0]).toBeCloseTo(0.5, 14);
    expect(limits[1]).toBeCloseTo(0.95, 14);
    expect(limits[2]).toBeCloseTo(3.8 / (4 * 2.8), 14);
    expect(limits[3]).toBeCloseTo(38 / 4, 13);
  });
});
