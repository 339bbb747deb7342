import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom, type RandomStream } from "./random-stream.ts";

/** Kolmogorov–Smirnov distance of a sample from a distribution function. */
function distance(sample: Float64Array, cdf: (x: number) => number): number {
  const sorted = Float64Array.from(sample).sort();
  let worst = 0;
  sorted.forEach((x, i) => {
    const p = cdf(x);
    worst = Math.max(worst, Math.abs(p - i / sorted.length), Math.abs(p - (i + 1) / sorted.length));
  });
  return worst;
}

/** Φ by Abramowitz & Stegun 7.1.26 (error below 1.5e-7), written apart from src/linalg. */
function normalCdf(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - poly * Math.exp((-x * x) / 2);
  return x >= 0 ? (1 + erf) / 2 : (1 - erf) / 2;
}

describe("createRandom", () => {
  it("draws normal numbers of the right distribution, tails and moments", () => {
    const n = 1_000_000;
    const sample = createRandom(1).normalVector(n);
    let [m1, m2, m3, m4, beyond] = [0, 0, 0, 0, 0];
    for (const x of sample) {
      m1 += x / n;
      m2 += x ** 2 / n;
      m3 += x ** 3 / n;
      m4 += x ** 4 / n;
      if (Math.abs(x) > 3.5) beyond++;
    }
    expect(Math.abs(m1)).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(m2 - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(m3)).toBeLessThan(4 * Math.sqrt(15 / n));
    expect(Math.abs(m4 - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
    expect(Math.abs(beyond - 465.3)).toBeLessThan(4 * Math.sqrt(465.3));
    expect(distance(sample, normalCdf)).toBeLessThan(1.95 / Math.sqrt(n));
  });

  it("draws gamma and chi numbers of the right distribution, shapes below 1, too", () => {
    const n = 200_000;
    const laws: readonly (readonly [string, (random: RandomStream) => number, (x: number) => number])[] = [
      ["γ(1) is exponential", (random) => random.gamma(1), (x) => 1 - Math.exp(-x)],
      [
        "γ(½) is half the square of a normal one",
        (random) => random.gamma(0.5),
        (x) => 2 * normalCdf(Math.sqrt(2 * x)) - 1,
      ],
      ["γ(3) is a sum of three", (random) => random.gamma(3), (x) => 1 - Math.exp(-x) * (1 + x + (x * x) / 2)],
      ["χ₁ is the size of a normal one", (random) => random.chi(1), (x) => 2 * normalCdf(x) - 1],
      ["χ₂ is Rayleigh's", (random) => random.chi(2), (x) => 1 - Math.exp((-x * x) / 2)],
      ["χ₄", (random) => random.chi(4), (x) => 1 - Math.exp((-x * x) / 2) * (1 + (x * x) / 2)],
    ];
    for (const [name, draw, cdf] of laws) {
      const random = createRandom(5).split(name);
      const sample = Float64Array.from({ length: n }, () => draw(random));
      expect(distance(sample, cdf), name).toBeLessThan(1.95 / Math.sqrt(n));
    }
    for (const shape of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => createRandom(1).gamma(shape)).toThrow(expect.objectContaining({ code: "bad-shape" }));
  });

  it("draws uniform numbers, integers and signs without bias", () => {
    const random = createRandom(2);
    const uniform = Float64Array.from({ length: 100_000 }, () => random.uniform());
    expect(distance(uniform, (x) => x)).toBeLessThan(1.95 / Math.sqrt(uniform.length));
    const counts = new Float64Array(7);
    for (let i = 0; i < 70_000; i++) counts[random.integer(7)]++;
    const chiSquare = counts.reduce((sum, c) => sum + (c - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(22.5);
    const signs = random.rademacherVector(1_000_000);
    let sum = 0;
    let lagged = 0;
    expect(signs.every((s) => Math.abs(s) === 1)).toBe(true);
    signs.forEach((s, i) => {
      sum += s;
      if (i >= 32) lagged += s * signs[i - 32];
    });
    expect(Math.abs(sum)).toBeLessThan(4000);
    expect(Math.abs(lagged)).toBeLessThan(4000);
  });

  it("splits by label, whatever the parent drew before", () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), fc.nat(20), (seed, label, draws) => {
        const used = createRandom(seed);
        for (let i = 0; i < draws; i++) used.normal();
        expect(used.split(label).normalVector(3)).toEqual(createRandom(seed).split(label).normalVector(3));
      }),
    );
  });

  it("gives unrelated streams for different seeds and labels", () => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 2000; seed++) seen.add(createRandom(seed).uniform());
    for (let i = 0; i < 2000; i++) seen.add(createRandom(0).split(`probe ${i}`).uniform());
    seen.add(createRandom(0.5).uniform()).add(createRandom(-1).uniform());
    seen.add(createRandom(0).split("a").split("b").uniform()).add(createRandom(0).split("ab").uniform());
    expect(seen.size).toBe(4004);
    const a = createRandom(0).split("a").normalVector(100_000);
    const b = createRandom(0).split("b").normalVector(100_000);
    let product = 0;
    a.forEach((x, i) => (product += x * b[i]));
    expect(Math.abs(product)).toBeLessThan(4 * Math.sqrt(a.length));
  });

  it("permutes uniformly", () => {
    const random = createRandom(3);
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const key = random.permutation(4).join("");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it("refuses a seed that is not a number", () => {
    expect(() => createRandom(Number.NaN)).toThrow(/finite/);
  });
});
