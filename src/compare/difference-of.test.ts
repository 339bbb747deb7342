import { describe, expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import {
  aboutOf,
  atLeast,
  between,
  counted,
  deviating,
  type Known,
  sampled,
  settled,
  unstated,
  within,
} from "../result/known.ts";
import { estimate } from "../result/estimates.ts";
import { differenceOf, type Pairing } from "./difference-of.ts";

const PAIRING: Pairing = { independent: true, samePrecision: true, names: ["A", "B"] };
const SAME_SEED = { ...PAIRING, independent: false };
const OTHER_PRECISION = { ...PAIRING, samePrecision: false };
const told = (a: Known, b: Known, pairing = PAIRING) => differenceOf(a, b, pairing).different;

describe("the difference of two numbers", () => {
  it("adds bounds: residuals and rounding are no standard deviations", () => {
    expect(differenceOf(within(1, 0.1), within(1.3, 0.1), PAIRING)).toMatchObject({ different: true, sampled: false });
    // In quadrature these would be told apart.
    expect(told(within(1, 0.1), within(1.19, 0.1))).toBe(false);
    const { value, lower, upper, errors } = differenceOf(within(1, 0.1), within(0.5, 0.15), PAIRING);
    expect([value, lower, upper, errors].map((x) => x?.toFixed(6))).toEqual([
      "-0.500000",
      "-0.750000",
      "-0.250000",
      "2.000000",
    ]);
  });

  it("is none between two estimates of 0 that state what rounding leaves, which an interval has no second time", () => {
    const known = aboutOf(estimate)?.known;
    const traced = (value: number, standardError: number, rounding: number) => {
      const half = 2 * standardError + rounding;
      const interval = { lower: value - half, upper: value + half, confidence: 0.95 };
      const whole = { value, standardError, rounding, products: 1, method: "Hutchinson", interval, converged: true };
      return known?.(whole) ?? unstated(value);
    };
    expect(told(traced(0, 0, 1e-6), traced(1.5e-6, 0, 1e-6), SAME_SEED)).toBe(false);
    expect(told(traced(0, 0, 1e-6), traced(3e-6, 0, 1e-6), SAME_SEED)).toBe(true);
    const { below, sampled: over } = traced(5, 0.5, 0.25);
    expect([below, over.below]).toEqual([0.25, 1]);
  });

  it("adds independent samples in quadrature, each side with the half-widths that face each other", () => {
    const a = sampled(10, { lower: 7, upper: 11 });
    const b = sampled(20, { lower: 16, upper: 29 });
    const { lower, upper } = differenceOf(a, b, PAIRING);
    expect(lower).toBeCloseTo(10 - Math.hypot(4, 1), 12);
    expect(upper).toBeCloseTo(10 + Math.hypot(9, 3), 12);
    // With the same probes the errors may have anything to do with each other.
    expect(differenceOf(a, b, SAME_SEED).lower).toBeCloseTo(5, 12);
    expect(told(sampled(0, { lower: -3, upper: 3 }), sampled(5, { lower: 1, upper: 9 }))).toBe(false);
    expect(told(sampled(0, { lower: -3, upper: 3 }), sampled(5.5, { lower: 1.5, upper: 9.5 }))).toBe(true);
    expect(told(sampled(0, { lower: -3, upper: 3 }), sampled(5.5, { lower: 1.5, upper: 9.5 }), SAME_SEED)).toBe(false);
  });

  it("of samples and bounds together adds both", () => {
    const { lower } = differenceOf(
      sampled(0, { lower: -3, upper: 3 }, 0.5),
      sampled(9, { lower: 5, upper: 13 }, 0.25),
      PAIRING,
    );
    expect(lower).toBeCloseTo(9 - 5 - 0.75, 12);
  });

  it("of the same samples is rounding: no sampling error explains it", () => {
    const [a, b] = [sampled(10, { lower: 7, upper: 13 }), sampled(10.1, { lower: 7.1, upper: 13.1 })];
    expect(told(a, b, SAME_SEED)).toBe(false);
    const same = { ...SAME_SEED, sameSamples: { rounding: 1e-3 } };
    expect(differenceOf(a, b, same)).toMatchObject({ different: true, sampled: false });
    expect(told(a, sampled(10.01, { lower: 7, upper: 13 }), same)).toBe(false);
    // Bounds stay what they are, and what states nothing is not known better.
    expect(told(within(1, 0.1), within(1.15, 0.1), same)).toBe(false);
    expect(told(unstated(1), unstated(1.1), same)).toBe(null);
  });

  it.each([
    ["independent probes", PAIRING, 0.03, 0.07],
    ["the same seed", SAME_SEED, 0, 0.05],
  ] as const)("of equal numbers is called different as often as 95 %% allow: %s", (_, pairing, least, most) => {
    const trials = 4000;
    const noise = createRandom(7).normalVector(2 * trials);
    let wrong = 0;
    for (let i = 0; i < trials; i++) {
      const [a, b] = [noise[2 * i], 3 * noise[2 * i + 1]];
      const half = 1.959964;
      const one = sampled(a, { lower: a - half, upper: a + half });
      const other = sampled(b, { lower: b - 3 * half, upper: b + 3 * half });
      if (told(one, other, pairing) === true) wrong++;
    }
    expect(wrong / trials).toBeGreaterThanOrEqual(least);
    expect(wrong / trials).toBeLessThanOrEqual(most);
  });

  it("from a lower bound is told on one side only", () => {
    expect(told(within(1, 0.1), atLeast(2))).toBe(true);
    expect(told(within(3, 0.1), atLeast(2))).toBeNull();
    expect(differenceOf(atLeast(1), atLeast(2), PAIRING)).toMatchObject({
      different: null,
      why: "that of A is only a lower bound, that of B is only a lower bound",
    });
  });

  it("rests on nothing that is in doubt, of another meaning, or counted from another zero", () => {
    const doubtful = { ...within(1, 0), doubt: "it has not converged" };
    expect(differenceOf(doubtful, within(5, 0), PAIRING)).toMatchObject({
      different: null,
      why: "in A, it has not converged",
    });
    const small = { ...within(1, 0), meaning: "ρ = 0.05" };
    expect(differenceOf(small, { ...small, value: 2, meaning: "ρ = 0.5" }, PAIRING)).toMatchObject({
      different: null,
      why: "it is not the same quantity: ρ = 0.05 in A, ρ = 0.5 in B",
    });
    const share = (value: number, threshold: number) => ({
      ...between(value, { lower: value, upper: value }),
      threshold,
    });
    expect(told(share(0.2, 1e-7), share(0.4, 1e-14))).toBeNull();
    expect(told(share(0.2, 1e-7), share(0.4, 1.5e-7))).toBe(true);
  });

  it("of counts is exact, but not where another precision counts", () => {
    expect(differenceOf(counted(3), counted(4), PAIRING)).toMatchObject({ different: true, errors: null });
    expect(told(counted(3), counted(3), OTHER_PRECISION)).toBe(false);
    expect(told(counted(3), counted(4), OTHER_PRECISION)).toBeNull();
  });

  it("is not told without errors, unless the numbers are the same", () => {
    expect(told(unstated(1), unstated(1))).toBe(false);
    expect(told(unstated(1), unstated(2))).toBeNull();
    expect(told(within(1, null), deviating(2, null))).toBeNull();
  });

  it("borrows the rounding that only one states, with caution, in the same arithmetic", () => {
    const exact = settled(within(1, 1e-6));
    expect(differenceOf(exact, unstated(1.1), PAIRING)).toMatchObject({
      different: true,
      why: expect.stringMatching(/error of A, 10 times/),
    });
    expect(told(exact, unstated(1 + 9e-6))).toBe(false);
    expect(told(unstated(1.1), exact, OTHER_PRECISION)).toBeNull();
    // What was searched for or sampled says nothing of how the other was found.
    expect(told(within(1, 1e-6), unstated(1.1))).toBeNull();
    expect(told(settled(deviating(1, 1e-6)), unstated(1.1))).toBeNull();
  });

  it("of what is not finite is not told", () => {
    expect(told(within(1, 0.1), within(Number.POSITIVE_INFINITY, 0.1))).toBeNull();
    expect(told(within(1, Number.POSITIVE_INFINITY), within(2, 0.1))).toBeNull();
  });
});
