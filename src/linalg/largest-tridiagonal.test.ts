import { describe, expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { largestTridiagonal } from "./largest-tridiagonal.ts";
import { tridiagonalEigen } from "./tridiagonal-eigen.ts";

describe("largestTridiagonal", () => {
  it("finds the largest eigenvalue that implicit QL finds, of decoupled and of single rows, too", () => {
    const random = createRandom(3);
    for (const n of [1, 2, 3, 17, 80]) {
      const diagonal = random.normalVector(n);
      const offDiagonal = random.normalVector(n - 1);
      if (n === 17) offDiagonal[5] = 0;
      const expected = tridiagonalEigen(diagonal, offDiagonal, "none").values[n - 1];
      expect(Math.abs(largestTridiagonal(diagonal, offDiagonal) - expected)).toBeLessThan(1e-13);
    }
  });

  it("is 2 cos(π/(n + 1)) of the path of n vertices", () => {
    const found = largestTridiagonal(new Float64Array(50), new Float64Array(49).fill(1));
    expect(Math.abs(found - 2 * Math.cos(Math.PI / 51))).toBeLessThan(1e-14);
  });

  it("says of what is not finite that it has none", () => {
    expect(() => largestTridiagonal(Float64Array.of(Number.NaN), new Float64Array(0))).toThrow(
      expect.objectContaining({ code: "eigen-not-converged" }),
    );
  });
});
