import { describe, expect, it } from "vitest";
import { addMultiple, addPart, allFinite } from "./accumulate.ts";

describe("sums over batches", () => {
  it.each([Float32Array, Float64Array])("add a part of %o at its place, in float64", (Kind) => {
    const sum = Float64Array.of(9, 9, 9, 9);
    addPart(sum, 1, Kind.of(5, 0.1, 0.2, 7), 1, 2, true);
    const [a, b] = Kind.of(0.1, 0.2);
    expect([...sum]).toEqual([9, a, b, 9]);
    addPart(sum, 1, Kind.of(5, 0.1, 0.2, 7), 1, 2, false);
    expect([...sum]).toEqual([9, a + a, b + b, 9]);
  });

  it("keep what float32 would lose", () => {
    const sum = new Float64Array(1);
    addPart(sum, 0, Float32Array.of(2 ** 24), 0, 1, true);
    addPart(sum, 0, Float32Array.of(1), 0, 1, false);
    expect(sum[0]).toBe(2 ** 24 + 1);
  });

  it("refuse what is no number", () => {
    expect(() => addPart(new Float64Array(1), 0, Uint8Array.of(1), 0, 1, false)).toThrow(RangeError);
  });

  it("add multiples of a vector", () => {
    const sum = Float64Array.of(1, 2, 3);
    addMultiple(sum, -2, Float64Array.of(1, 0, 4));
    expect([...sum]).toEqual([-1, 2, -5]);
  });

  it.each([1, 3, 4, 5, 8, 11])("see NaN and ∞ wherever they stand in %i numbers", (length) => {
    const plain = Float64Array.from({ length }, (_, i) => (i % 2 === 0 ? 1e308 : -1e308));
    expect(allFinite(plain)).toBe(true);
    for (const bad of [Number.NaN, Infinity, -Infinity])
      for (let i = 0; i < length; i++) expect(allFinite(plain.with(i, bad)), `${bad} at ${i}`).toBe(false);
  });
});
