import { describe, expect, it } from "vitest";
import { plus, times } from "./work.ts";

describe("work", () => {
  it("adds up kind by kind", () => {
    expect(plus({ products: 2, losses: 1 }, { losses: 3 }, {})).toEqual({ products: 2, losses: 4 });
    expect(plus()).toEqual({});
  });

  it("is done several times, or in part", () => {
    expect(times(4, { gradients: 3, wideLosses: 0.5 })).toEqual({ gradients: 12, wideLosses: 2 });
    expect(times(0, { gradients: 3 })).toEqual({ gradients: 0 });
  });
});
