import { describe, expect, it } from "vitest";
import { z } from "zod";
import { denseProblem } from "../../test/support/dense-problem.ts";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { neededQuantities, settingOf } from "./needed-quantities.ts";
import { defineQuantity, needsOf, onlyIf } from "./quantity.ts";

const named = (name: string) =>
  defineQuantity({ name, parameters: z.object({}), compute: () => Promise.resolve(name) });
const problem = denseProblem(
  [{ name: "one", inputs: 2, weights: [1, 2, -1, 0.5], bias: [0.1, 0.2] }],
  [[1, 2]],
  [0],
  crossEntropy,
);
const neededBy = (needs: Parameters<typeof needsOf>[0]) => {
  const all = needsOf(needs);
  const setting = settingOf({ problem, options: {} }, all);
  return [...neededQuantities(all, setting)].map(({ name }) => name);
};

describe("needs that hang on what else is wanted", () => {
  const [tide, wave, swell] = ["tide", "wave", "swell"].map(named);

  it("agree with themselves, whatever they hang on", () => {
    expect(neededBy([wave, onlyIf(({ wants }) => wants(wave), tide)])).toEqual(["wave", "tide"]);
    // What is needed instead of another, which is needed in the end.
    expect(neededBy([wave, onlyIf(({ wants }) => !wants(wave), tide)])).toEqual(["wave"]);
    // As many as before, and others.
    expect(
      neededBy([onlyIf(({ wants }) => !wants(wave), tide), onlyIf(({ wants }) => wants(tide) || wants(wave), wave)]),
    ).toEqual(["wave"]);
  });

  it("that contradict themselves are refused, and do not go on for ever", () => {
    expect(() => neededBy([swell, onlyIf(({ wants }) => !wants(tide), tide)])).toThrow(
      /one is needed if it is not.*"tide"/,
    );
  });
});

it("two quantities of one name are refused", () => {
  const tide = named("tide");
  expect(neededBy([tide, tide])).toEqual(["tide"]);
  expect(() => neededBy([tide, named("tide")])).toThrow(/^Two quantities are called "tide"/);
});
