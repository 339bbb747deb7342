import { describe, expect, it } from "vitest";
import { array, buildProblem } from "../../../test/support/build-problem.ts";
import { lossNamed } from "../../../test/support/reference-case.ts";
import { add, mul, sub } from "../../ops/arithmetic.ts";
import { concat } from "../../ops/movement.ts";
import { createRandom } from "../../random/random-stream.ts";
import { barrierOf, measurePeak, measurePlaces, placesOf, profileAlong } from "../connect/profile-curve.ts";
import { highestPoint } from "../connect/highest-point.ts";
import { Terrain } from "../terrain.ts";
import { bezier } from "./bezier.ts";
import { chain } from "./chain.ts";
import { type Curve, straight } from "./curve.ts";
import { neb } from "./neb.ts";

/**
 * Two wells joined by a bent valley: L(a, b) = ((a² − 1)² + 4(b − (1 − a²))² + s²(a + 3/2)²)/3 as the squared error of a
 * network with these three outputs. On the valley b = 1 − a² the slope is 0 where 4a(a² − 1) + 2s²(a + 3/2) = 0, a cubic.
 */
const SLANT = 0.3;
const one = array([1, 1], [1]);
const problem = buildProblem(
  {
    x: one,
    y: array([1, 3], [0, 0, 0]),
    parameters: { a: array([1, 1], [0]), b: array([1, 1], [0]) },
    build: (x, { a, b }) => {
      const square = mul(a, a);
      const outputs = [sub(square, 1), mul(sub(b, sub(1, square)), 2), mul(add(a, 1.5), SLANT)];
      return mul(concat(outputs, 1), x);
    },
    loss: lossNamed("mse"),
  },
  { parameters: ["a", "b"] },
);

/** The three roots of 4a³ − pa + q, ascending (Viète). */
function criticalPoints(): number[] {
  const [p, q] = [1 - SLANT ** 2 / 2, (3 * SLANT ** 2) / 4];
  const size = 2 * Math.sqrt(p / 3);
  const angle = Math.acos((-3 * q) / (p * size)) / 3;
  return [0, 1, 2].map((k) => size * Math.cos(angle - (2 * Math.PI * k) / 3)).toSorted((x, y) => x - y);
}

async function profiled(terrain: Terrain, curve: Curve) {
  const { places } = await measurePlaces(terrain, curve, placesOf(curve, 21), {}, "way");
  const seen = places.map(({ t, train: { loss } }) => ({ t, loss }));
  const peak = await measurePeak(terrain, curve, seen, {}, "way");
  return profileAlong(curve, [...places, ...peak.places]);
}

const [left, saddle, right] = criticalPoints();
const well = (a: number) => Float64Array.of(a, 1 - a * a);

describe("ways between two wells", () => {
  it("an elastic band climbs to the saddle between them, which has one way down", async () => {
    const terrain = Terrain.open(problem);
    const ends = [well(left), well(right)] as const;
    const random = createRandom(1);
    const options = { bends: 4, steps: 400 };
    const { points } = await neb.find(terrain.ground(random), ends, options, random, {});
    const curve = neb.curve(ends, points);
    const profile = await profiled(terrain, curve);
    const top = barrierOf(profile, "train");
    const loss = await terrain.loss(well(saddle));
    const highest = Math.max(...profile.at.map(({ train }) => train.loss));
    expect(Math.abs(highest - loss)).toBeLessThan(1e-6);
    const knots = (curve.knots ?? []).map((t) => curve.at(t));
    const nearest = Math.min(...knots.map(([a, b]) => Math.hypot(a - saddle, b - (1 - saddle ** 2))));
    expect(nearest).toBeLessThan(1e-6);
    const at = knots.find(([a]) => Math.abs(a - saddle) < 1e-6) ?? new Float64Array(2);
    const found = await highestPoint(terrain, at, random, {});
    expect(found.gradientNorm).toBeLessThan(1e-6);
    expect(found).toMatchObject({ isWhole: true });
    expect(found.negative).toHaveLength(1);
    expect(top?.height).toBeGreaterThan(0);
  });

  it.each([bezier, chain, neb])("ends where its time does, and says so ($name)", async (kind) => {
    const terrain = Terrain.open(problem);
    const ends = [well(left), well(right)] as const;
    const random = createRandom(1);
    let remaining = 20;
    const ground = terrain.ground(random);
    const late = { outOfTime: () => remaining-- <= 0 };
    const { points, isWhole } = await kind.find(ground, ends, { bends: 3, steps: 300 }, random, late);
    expect(isWhole).toBe(false);
    const curve = kind.curve(ends, points);
    expect([curve.at(0), curve.at(1)]).toEqual(ends);
    expect(remaining).toBeGreaterThan(-10);
  });

  it.each([bezier, chain])(
    "a trained way is lower than the straight line, and has the same ends ($name)",
    async (kind) => {
      const terrain = Terrain.open(problem);
      const ends = [well(left), well(right)] as const;
      const random = createRandom(1);
      const { points } = await kind.find(terrain.ground(random), ends, { bends: 3, steps: 300 }, random, {});
      const curve = kind.curve(ends, points);
      expect([curve.at(0), curve.at(1)]).toEqual(ends);
      const [before, after] = [straight(...ends), curve].map((each) => profiled(terrain, each));
      const [line, way] = [barrierOf(await before, "train"), barrierOf(await after, "train")];
      const distance = Math.hypot(...ends[0].map((each, i) => each - ends[1][i]));
      expect((await before).arc.at(-1) ?? 0).toBeCloseTo(distance, 12);
      // The valley is bent.
      expect((await after).arc.at(-1)).toBeGreaterThan(1.1 * distance);
      const pass = (await terrain.loss(well(saddle))) - (await terrain.loss(well(left)));
      expect(line?.height).toBeGreaterThan(2 * pass);
      expect(way?.height).toBeLessThan(1.3 * pass);
    },
  );
});
