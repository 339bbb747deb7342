import { expect, it } from "vitest";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { createRandom } from "../../random/random-stream.ts";
import { kendallTau } from "./kendall-tau.ts";

it("counts pairs in order: 1 of a list with itself, −1 with its reverse, 1/3 where one pair of three is exchanged", () => {
  const list = [3, -1, 4, 1.5];
  expect(kendallTau(list, list).value).toBe(1);
  expect(kendallTau(list, list.toReversed()).value).toBe(kendallTau(list.toReversed(), list).value);
  expect(kendallTau([1, 2, 3], [3, 2, 1]).value).toBe(-1);
  expect(kendallTau([1, 2, 3], [10, 30, 20]).value).toBeCloseTo(1 / 3, 14);
});

it("scatters between lists that know nothing of each other as it says", () => {
  const random = createRandom(5);
  const draws = Float64Array.from(
    { length: 4000 },
    () => kendallTau(random.normalVector(12), random.normalVector(12)).value,
  );
  const { value, standardError } = sampleMean(draws);
  expect(Math.abs(value)).toBeLessThan(4 * standardError);
  const scatter = standardError * Math.sqrt(draws.length);
  expect(Math.abs(scatter / kendallTau(draws.slice(0, 12), draws.slice(12, 24)).standardError - 1)).toBeLessThan(0.05);
});
