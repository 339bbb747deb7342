import { expect, it } from "vitest";
import { estimateReading, shareReading } from "./reading.ts";

const estimate = (value: number, standardError: number, rounding: number) => ({
  value,
  standardError,
  rounding,
  products: 20,
  method: "Hutchinson",
  interval: {
    lower: value - 2 * standardError - rounding,
    upper: value + 2 * standardError + rounding,
    confidence: 0.95,
  },
  converged: true,
});

it.each([
  ["what was sampled has an interval", 0.5, 1e-9, /^± one standard error; 95 % interval 9\.000 to 11\.00; Hutchinson/],
  ["what was not is exact up to rounding", 0, 1e-3, /^exact up to rounding, about 0\.001; Hutchinson/],
  [
    "a bound is not called by a confidence that it does not have",
    1e-9,
    0.5,
    /^± what rounding may be.*: a bound, 9\.500 to 10\.50/,
  ],
])("%s", (_what, standardError, rounding, note) => {
  const { note: said } = estimateReading("Trace", "", estimate(10, standardError, rounding));
  expect(said).toMatch(note);
  if (standardError < rounding) expect(said).not.toContain("95 %");
});

it("a share is enclosed: its confidence is the least that it has", () => {
  expect(shareReading("Share", estimate(0.4, 0.1, 0)).note).toMatch(/^enclosed with at least 95 %: 20\.0 % to 60\.0 %/);
});
