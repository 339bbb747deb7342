import { describe, expect, it } from "vitest";
import { createRandom } from "../../random/random-stream.ts";
import { planarSurface } from "./planar-surface.ts";
import { slopeTurns } from "./slope-turns.ts";

const [SIDE, N] = [9, 60];
const PARTS = [
  { weight: 1.5, length: 1.2 },
  { weight: 0.5, length: 0.7 },
];
const surface = planarSurface(SIDE, PARTS, createRandom(1));

describe("a random surface over a plane", () => {
  it("has the derivatives that differences of its values show", () => {
    const { everywhere } = surface;
    const [x, step] = [Float64Array.of(2.3, 7.1), 1e-4];
    const moved = (axis: number, by: number) => x.map((each, i) => (i === axis ? each + by : each));
    const slope = (at: Float64Array) => {
      const into = new Float64Array(2);
      everywhere.gradient(at, into);
      return into;
    };
    const hessian = everywhere.hessian(x);
    for (const axis of [0, 1]) {
      const [ahead, behind] = [moved(axis, step), moved(axis, -step)];
      expect(slope(x)[axis]).toBeCloseTo((everywhere.value(ahead) - everywhere.value(behind)) / (2 * step), 6);
      slope(ahead).forEach((each, i) =>
        expect(hessian[2 * axis + i]).toBeCloseTo((each - slope(behind)[i]) / (2 * step), 6),
      );
    }
  });

  it("is the same on a grid, and on the other side of the torus", () => {
    const { values, slopes } = surface.onGrid(N);
    const at = Float64Array.of((7 * SIDE) / N, (53 * SIDE) / N);
    const slope = new Float64Array(2);
    surface.everywhere.gradient(at, slope);
    expect(values[7 * N + 53]).toBeCloseTo(surface.everywhere.value(at), 10);
    expect([slopes[0][7 * N + 53], slopes[1][7 * N + 53]]).toEqual([...slope].map((each) => expect.closeTo(each, 10)));
    expect(surface.everywhere.value(at.map((x) => x + SIDE))).toBeCloseTo(surface.everywhere.value(at), 9);
  });

  it("has the covariance of its parts", () => {
    const [draws, apart] = [1500, 0.8];
    let [square, product] = [0, 0];
    for (let k = 0; k < draws; k++) {
      const { everywhere } = planarSurface(SIDE, PARTS, createRandom(k));
      const [here, there] = [everywhere.value(Float64Array.of(1, 1)), everywhere.value(Float64Array.of(1, 1 + apart))];
      square += (here * here + there * there) / (2 * draws);
      product += (here * there) / draws;
    }
    const law = PARTS.reduce(
      (sum, { weight, length }) => sum + weight * Math.exp((-apart * apart) / (2 * length ** 2)),
      0,
    );
    // Five standard errors: a product of two normal numbers of variance 2 has a deviation of less than 3.
    expect(Math.abs(square - 2)).toBeLessThan((5 * 3) / Math.sqrt(draws));
    expect(Math.abs(product - law)).toBeLessThan((5 * 3) / Math.sqrt(draws));
  });

  it("has as many turns of the slope as against them, as a torus asks (Poincaré and Hopf)", () => {
    const turns = slopeTurns(surface.onGrid(N).slopes, N);
    expect(turns.reduce((sum, each) => sum + each, 0)).toBe(0);
    expect(turns.filter((each) => each === -1).length).toBeGreaterThan(5);
  });
});
