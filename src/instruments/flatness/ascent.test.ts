import { describe, expect, it } from "vitest";
import { dot } from "../../linalg/vector.ts";
import { createRandom, type RandomStream } from "../../random/random-stream.ts";
import { ball, box, ellipsoid, type Region } from "./ascent.ts";

/** Numbers of every size, zeros among them. */
function wild(random: RandomStream, length: number): Float64Array {
  return random.normalVector(length).map((x) => {
    const kind = random.normal();
    return kind < -0.5 ? 0 : kind > 1.5 ? 1e-200 * x : kind > 1 ? 1e180 * x : x;
  });
}

const REGIONS: readonly [string, (random: RandomStream, n: number) => Region][] = [
  ["box", (random, n) => box(wild(random, n).map(Math.abs))],
  ["ball", () => ball(0.05)],
  ["ellipsoid", (random, n) => ellipsoid(wild(random, n).map(Math.abs), 0.5)],
];

describe.each(REGIONS)("a step of the %s", (_, region) => {
  it("lies inside, whatever the gradient, and rises along it", () => {
    const random = createRandom(3);
    for (let trial = 0; trial < 500; trial++) {
      const n = 1 + (trial % 9);
      const where = region(random, n);
      const gradient = trial % 5 === 0 ? new Float64Array(n) : wild(random, n);
      const step = where.best(gradient);
      expect(step.every(Number.isFinite)).toBe(true);
      expect(where.gauge(step)).toBeLessThanOrEqual(1 + 1e-12);
      // Of numbers that square to 0 or ∞ the sign is enough.
      expect(dot(step.map(Math.sign), gradient.map(Math.sign))).toBeGreaterThanOrEqual(0);
    }
  });
});

describe("the ellipsoid of weights", () => {
  it("moves no weight that is zero, also where the gradient is zero on all others", () => {
    const region = ellipsoid(Float64Array.of(0, 2, 0), 0.5);
    expect([...region.best(Float64Array.of(3, 0, -1))]).toEqual([0, 0, -0].map(Math.abs));
    expect([...region.best(Float64Array.of(3, 1, -1))].map(Math.abs)).toEqual([0, 1, 0]);
  });
});
