import { describe, expect, it } from "vitest";
import { compareNatural } from "./natural-order.ts";

describe("compareNatural", () => {
  it.each([
    ["step-9.safetensors", "step-10.safetensors", "step-100.safetensors"],
    ["noise0.05", "noise0.1", "noise0.15"],
    ["lr-0.125", "lr-0.25", "lr-1"],
    ["lr1e-4", "lr5e-4", "lr1e-3"],
    ["v1.2.9", "v1.2.10", "v1.10.1"],
    ["a", "a1", "b0.5"],
  ])("%s, %s, %s stand in this order", (...names) => {
    expect(names.toReversed().toSorted(compareNatural)).toEqual(names);
  });
});
