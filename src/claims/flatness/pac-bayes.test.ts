import { expect, it } from "vitest";
import { createRandom } from "../../random/random-stream.ts";
import { chosenGuesses, coinDivergence, leastPenalty, maurerBound } from "./pac-bayes.ts";
import { linearRegression } from "./linear-regression.ts";

it("kl of two coins is 0 of one with itself, ln 2 of a sure one and a fair one", () => {
  expect(coinDivergence(0.3, 0.3)).toBe(0);
  expect(coinDivergence(0, 0.5)).toBeCloseTo(Math.LN2, 14);
  expect(coinDivergence(1, 0.5)).toBeCloseTo(Math.LN2, 14);
  // kl⁻¹(.02, .1) = .15081
  expect(Math.abs(coinDivergence(0.02, 0.15081) - 0.1)).toBeLessThan(1e-5);
  expect(maurerBound(0, 16, 0.5)).toBeCloseTo(Math.log(16) / 16, 14);
});

it("a posterior that is not sharp chooses nothing, and one that is sharp takes the best guess", () => {
  const flat = chosenGuesses({ classifiers: 4000, examples: 20, sharpness: 0 }, createRandom(1));
  expect(Math.abs(flat.error - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 4 / 20 / 4000));
  expect(flat.divergence).toBeCloseTo(0, 10);
  const sharp = chosenGuesses({ classifiers: 4000, examples: 20, sharpness: 100 }, createRandom(1));
  expect((sharp.error * 20) % 1).toBeCloseTo(0, 10);
  expect(sharp.error).toBeLessThan(0.2);
  expect(sharp.divergence).toBeLessThanOrEqual(Math.log(4000) + 1e-12);
});

it("the least cost of Gaussian weights is √(tr H/n)‖w − w₀‖ for noise whose mean square is 1", () => {
  const loss = linearRegression([Float64Array.of(2, 0), Float64Array.of(0, 1)], [0, 0]);
  const [home, from] = [new Float64Array(2), Float64Array.of(3, 4)];
  // The two axes both ways, √2 long: the mean of εεᵀ is I, tr H = 5/2.
  const noise = [1, -1].flatMap((s) => [Float64Array.of(s * Math.SQRT2, 0), Float64Array.of(0, s * Math.SQRT2)]);
  expect(leastPenalty({ loss, home, from, examples: 10 }, noise)).toBeCloseTo(Math.sqrt(2.5 / 10) * 5, 8);
});
