import { describe, expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { inverseOf, timesTransposed, transposed } from "./dense.ts";
import { polarFactor } from "./polar-factor.ts";
import { dot } from "./vector.ts";

const random = createRandom(4);

function distanceFromIdentity(matrix: Float64Array, n: number): number {
  return matrix.reduce((most, x, i) => Math.max(most, Math.abs(x - (i % (n + 1) === 0 ? 1 : 0))), 0);
}

describe("the orthogonal matrix nearest to a square one", () => {
  it("is a turn by a right angle for one that stretches, too", () => {
    expect([...polarFactor(Float64Array.of(0, -3, 2, 0), 2)].map((x) => Math.round(x * 1e12) / 1e12)).toEqual([
      0, -1, 1, 0,
    ]);
  });

  it.each([1, 2, 7, 33])("is orthogonal, and no other agrees more (%i units)", (n) => {
    const matrix = random.normalVector(n * n);
    const nearest = polarFactor(matrix, n);
    expect(distanceFromIdentity(timesTransposed(nearest, nearest, n), n)).toBeLessThan(1e-13);
    // S = M P with P symmetric and positive: MᵀS is its own transpose.
    const rest = timesTransposed(transposed(nearest, n), transposed(matrix, n), n);
    expect(rest.every((x, i) => Math.abs(x - transposed(rest, n)[i]) < 1e-11)).toBe(true);
    const other = polarFactor(random.normalVector(n * n), n);
    expect(dot(nearest, matrix)).toBeGreaterThanOrEqual(dot(other, matrix) - 1e-12);
  });

  it("is orthogonal for matrices without an inverse", () => {
    const n = 5;
    const flat = new Float64Array(n * n);
    flat[1] = 3;
    for (const matrix of [flat, new Float64Array(n * n)]) {
      const nearest = polarFactor(matrix, n);
      expect(distanceFromIdentity(timesTransposed(nearest, nearest, n), n)).toBeLessThan(1e-12);
    }
    expect(polarFactor(flat, n)[1]).toBeCloseTo(1, 6);
  });
});

describe("inverses", () => {
  it("undo what they are of, and are not there for a matrix that loses a direction", () => {
    const n = 9;
    const matrix = random.normalVector(n * n);
    const inverse = inverseOf(matrix, n);
    expect(inverse && distanceFromIdentity(timesTransposed(matrix, transposed(inverse, n), n), n)).toBeLessThan(1e-10);
    expect(inverseOf(Float64Array.of(1, 2, 2, 4), 2)).toBeUndefined();
  });
});
