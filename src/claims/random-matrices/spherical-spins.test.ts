import { describe, expect, it } from "vitest";
import { createRandom } from "../../random/random-stream.ts";
import { randomDirection, sphericalSpins } from "./spherical-spins.ts";

describe("sphericalSpins", () => {
  it("has the gradient and the Hessian that differences of its values and gradients have, off the sphere, too", () => {
    const random = createRandom(4);
    const n = 6;
    const glass = sphericalSpins(n, random);
    const x = randomDirection(n, random).map((each) => 1.2 * each);
    const h = 1e-5;
    const moved = (i: number, by: number) => x.map((each, k) => (k === i ? each + by : each));
    const slopeAt = (at: Float64Array) => {
      const slope = new Float64Array(n);
      glass.gradient(at, slope);
      return slope;
    };
    const slope = slopeAt(x);
    const hessian = glass.hessian(x);
    for (let i = 0; i < n; i++) {
      const difference = (glass.value(moved(i, h)) - glass.value(moved(i, -h))) / (2 * h);
      expect(Math.abs(difference - slope[i])).toBeLessThan(1e-8);
      const [above, below] = [slopeAt(moved(i, h)), slopeAt(moved(i, -h))];
      for (let j = 0; j < n; j++)
        expect(Math.abs((above[j] - below[j]) / (2 * h) - hessian[i * n + j])).toBeLessThan(1e-7);
    }
  });

  it("has energies of variance 1/N on the sphere", () => {
    const random = createRandom(5);
    const n = 5;
    const draws = 4000;
    let square = 0;
    for (let k = 0; k < draws; k++) square += sphericalSpins(n, random).value(randomDirection(n, random)) ** 2 / draws;
    // Four standard errors of a mean of squares of normal numbers.
    expect(Math.abs(n * square - 1)).toBeLessThan(4 * Math.sqrt(2 / draws));
  });
});
