import { describe, expect, it } from "vitest";
import { createRandom, type RandomStream } from "../random/random-stream.ts";
import { chosen } from "../util/chosen.ts";
import { bennett } from "./bennett.ts";
import { controlled } from "./control-variates.ts";
import { effectiveSampleSize } from "./effective-sample-size.ts";
import { meanOfChains } from "./mean-of-chains.ts";
import { rHat } from "./r-hat.ts";
import { SAMPLERS } from "./registry.ts";
import type { TemperedDensity, TemperedPotential } from "./sampler.ts";

/** Chains x′ = ρx + √(1 − ρ²) ξ, of variance 1. */
function autoregressive(random: RandomStream, rho: number, draws: number, chains = 4): Float64Array[] {
  return Array.from({ length: chains }, (_, c) => {
    const stream = random.split(`chain ${c}`);
    let x = stream.normal();
    return Float64Array.from({ length: draws }, () => (x = rho * x + Math.sqrt(1 - rho * rho) * stream.normal()));
  });
}

/** A normal law with deviations 1, 2, … over √t. */
function normal(dimension: number, inverseTemperature = 1): TemperedDensity {
  const variance = Float64Array.from({ length: dimension }, (_, i) => (1 + i) ** 2);
  const potentialAt = (t: number, x: Float64Array): TemperedPotential => {
    const tempered = x.reduce((sum, each, i) => sum + each ** 2 / (2 * variance[i]), 0);
    return {
      energy: t * tempered,
      gradient: x.map((each, i) => (t * each) / variance[i]),
      note: () => [t * x[0] ** 2, (t * x[dimension - 1] ** 2) / variance[dimension - 1]],
      tempered,
      at: (other) => potentialAt(other, x),
    };
  };
  return {
    dimension,
    groups: [dimension],
    centre: new Float64Array(dimension),
    inverseTemperature,
    start: () => new Float64Array(dimension),
    at: async (places) => places.map((x) => potentialAt(inverseTemperature, x)),
    slopesOnBatch: async (places) => places.map((x) => potentialAt(inverseTemperature, x).gradient),
    slopesOnDivision: async function* () {},
    batchShare: 1,
  };
}

describe("effective draws", () => {
  it.each([0, 0.5, 0.9, -0.5])("of an autoregression with ρ = %s are S(1 − ρ)/(1 + ρ)", (rho) => {
    const chains = autoregressive(createRandom(1), rho, 4000);
    const expected = (16_000 * (1 - rho)) / (1 + rho);
    // Antithetic draws are worth more than they are, up to S log₁₀ S.
    expect(effectiveSampleSize(chains) / expected).toBeGreaterThan(0.8);
    expect(effectiveSampleSize(chains) / expected).toBeLessThan(1.2);
  });

  it("are few where chains differ", () => {
    const chains = autoregressive(createRandom(2), 0, 500).map((chain, c) => chain.map((x) => x + 3 * c));
    expect(effectiveSampleSize(chains)).toBeLessThan(20);
  });

  it("make standard errors that cover the mean as often as they say", () => {
    let inside = 0;
    for (let seed = 0; seed < 200; seed++) {
      const { mean, half } = meanOfChains(autoregressive(createRandom(seed), 0.6, 200));
      if (Math.abs(mean) <= half) inside++;
    }
    // 95 %, or more: the larger of two errors counts.
    expect(inside).toBeGreaterThanOrEqual(184);
  });
});

describe("R̂", () => {
  it("is near 1 for chains of one law, heavy tails too, and above 1.1 where one differs in place or in spread", () => {
    const alike = autoregressive(createRandom(3), 0, 1000);
    const odd = (change: (x: number) => number) => alike.map((chain, c) => (c === 0 ? chain.map(change) : chain));
    expect(rHat(alike)).toBeLessThan(1.005);
    expect(rHat(alike.map((chain) => chain.map((x) => Math.sinh(4 * x))))).toBeLessThan(1.005);
    expect(rHat(odd((x) => x + 1))).toBeGreaterThan(1.1);
    expect(rHat(odd((x) => 4 * x))).toBeGreaterThan(1.1);
  });

  it("sees a trend that all chains share", () => {
    const rising = autoregressive(createRandom(4), 0, 400).map((chain) => chain.map((x, i) => x + i / 100));
    expect(rHat(rising)).toBeGreaterThan(1.2);
  });
});

describe("samplers", () => {
  it.each(SAMPLERS.map((each) => [each.name, each] as const))(
    "%s draws a normal law of several scales: its variances within their errors",
    async (_name, sampler) => {
      const size = { chains: 8, warmup: 300, draws: 1500 };
      // Not by rising t: each density gets its own draws.
      const drawn = await sampler.sample([normal(5, 4), normal(5, 1)], size, createRandom(5), {});
      for (const { noted, acceptance } of drawn) {
        for (const k of [0, 1]) {
          const chains = noted.map((chain) => Float64Array.from(chain, (numbers) => numbers[k]));
          const { mean, standardError } = meanOfChains(chains);
          expect(Math.abs(mean - 1)).toBeLessThan(4 * standardError);
          expect(standardError).toBeLessThan(0.06);
        }
        acceptance.forEach((share) => expect(share).toBeGreaterThan(0.5));
      }
    },
  );

  it("give the same draws from the same seed", async () => {
    for (const sampler of SAMPLERS) {
      const size = { chains: 2, warmup: 30, draws: 10 };
      const draw = async () =>
        (await sampler.sample([normal(3), normal(3, 2)], size, createRandom(6), {})).map(({ noted }) => noted);
      expect(await draw()).toEqual(await draw());
    }
  });
});

describe("trades of places", () => {
  it("bring chains from the hot end to a part of the ground that a cold chain alone never sees", async () => {
    // Two wells of equal weight at ±1, with a wall of e^200 between them at t = 200.
    const wells = (inverseTemperature: number): TemperedDensity => {
      const potentialAt = (t: number, x: Float64Array): TemperedPotential => {
        const tempered = (x[0] ** 2 - 1) ** 2;
        return {
          energy: t * tempered,
          gradient: Float64Array.of(4 * t * x[0] * (x[0] ** 2 - 1)),
          note: () => [x[0] > 0 ? 1 : 0],
          tempered,
          at: (other) => potentialAt(other, x),
        };
      };
      return {
        dimension: 1,
        groups: [1],
        centre: new Float64Array(1),
        inverseTemperature,
        start: () => Float64Array.of(1),
        at: async (places) => places.map((x) => potentialAt(inverseTemperature, x)),
        slopesOnBatch: async (places) => places.map((x) => potentialAt(inverseTemperature, x).gradient),
        slopesOnDivision: async function* () {},
        batchShare: 1,
      };
    };
    const size = { chains: 16, warmup: 200, draws: 2000 };
    const rightOf = async (name: string) => {
      const sampler = chosen("sampler", name, SAMPLERS);
      const drawn = await sampler.sample([1, 6, 36, 200].map(wells), size, createRandom(9), {});
      const { noted } = drawn[3];
      return {
        ...meanOfChains(noted.map((chain) => Float64Array.from(chain, ([number]) => number))),
        shares: drawn.map(({ exchanged }) => exchanged),
      };
    };
    const alone = await rightOf("hmc");
    expect(alone.mean).toBe(1);
    expect(alone.shares).toEqual([null, null, null, null]);
    const traded = await rightOf("exchange");
    expect(Math.abs(traded.mean - 0.5)).toBeLessThan(4 * traded.standardError);
    expect(traded.standardError).toBeLessThan(0.05);
    expect(traded.shares[3]).toBeNull();
    traded.shares.slice(0, 3).forEach((share) => expect(share).toBeGreaterThan(0.1));
  });
});

describe("controls", () => {
  it("take off what goes along with them, and leave the mean", () => {
    const random = createRandom(7);
    const chain = Array.from({ length: 4000 }, () => {
      const [a, b] = [random.normal(), random.normal()];
      return { value: 3 + 2 * a - b + 0.1 * random.normal(), controls: [a, b] };
    });
    const [left] = controlled([chain]);
    const { mean, standardError } = meanOfChains([left]);
    expect(standardError).toBeLessThan(0.003);
    expect(Math.abs(mean - 3)).toBeLessThan(4 * standardError);
  });
});

describe("Bennett's ratio", () => {
  it("finds the free energy between two normal laws: ln of the ratio of their deviations", () => {
    let inside = 0;
    for (let seed = 0; seed < 50; seed++) {
      const random = createRandom(seed);
      // U₁ = x²/2, U₂ = 2x²: Z₁/Z₂ = 2.
      const first = random.normalVector(1000).map((x) => 1.5 * x * x);
      const second = random.normalVector(500).map((x) => 1.5 * (x / 2) ** 2);
      const found = bennett([first, second], [1000, 500]);
      expect(found).toBeDefined();
      if (found && Math.abs(found.value - Math.LN2) <= 1.96 * found.standardError) inside++;
    }
    expect(inside).toBeGreaterThanOrEqual(42);
  });

  it("says that it cannot where the two hardly overlap", () => {
    const random = createRandom(8);
    const first = random.normalVector(300).map((x) => 60 * (x - 12) + 50_000);
    const second = random.normalVector(300).map((x) => 60 * (x + 12) - 50_000);
    expect(bennett([first, second], [300, 300])).toBeUndefined();
  });
});
