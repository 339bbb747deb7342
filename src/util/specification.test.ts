import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readSpecification } from "./specification.ts";

const parameters = z.object({ lr: z.number(), weightDecay: z.number() });
const CHOICES = [
  { name: "saddle", parameters },
  { name: "saddle:monkey", parameters },
];

describe("readSpecification", () => {
  const read = (text: string) => {
    const { chosen, options } = readSpecification("toy", text, CHOICES);
    return [chosen.name, options];
  };

  it("takes the longest name, then values in order or by name", () => {
    expect(read("saddle")).toEqual(["saddle", {}]);
    expect(read("saddle:0.5")).toEqual(["saddle", { lr: 0.5 }]);
    expect(read("saddle:monkey:1:weight-decay=true")).toEqual(["saddle:monkey", { lr: 1, weightDecay: true }]);
    expect(read("saddle:NaN")).toEqual(["saddle", { lr: Number.NaN }]);
    expect(read("saddle:other=x")).toEqual(["saddle", { other: "x" }]);
  });

  it("refuses unknown names and what has no place", () => {
    expect(() => read("sadle")).toThrow('There is no toy "sadle"');
    expect(() => read("saddle:1:2:3")).toThrow('"3" in "saddle:1:2:3"');
    expect(() => read("saddle:")).toThrow('""');
  });
});
