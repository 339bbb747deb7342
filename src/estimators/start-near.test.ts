import { describe, expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { diagonalOperator } from "../operators/dense-operator.ts";
import { KrylovSpace } from "./krylov-space.ts";
import { chanceUnseen, evidenceOf, startNear } from "./start-near.ts";

describe("the bound on what a Krylov space has not seen", () => {
  it("holds: of 1000 starts no larger share than it says has so small a part of a hidden eigenvector", async () => {
    // The spectrum beside the hidden eigenvalue, and how few steps were taken when the bound was asked for.
    const n = 60;
    const values = Float64Array.from({ length: n }, (_, i) => (i === 0 ? 1.3 : Math.cos(i)));
    const operator = diagonalOperator(values);
    const near = [Float64Array.from({ length: n }, (_, i) => (i === 5 ? 1 : 0))];
    const starts = 1000;
    for (const known of [[], near]) {
      const chances: number[] = [];
      for (let seed = 0; seed < starts; seed++) {
        const { vector, deviation } = startNear(createRandom(seed), n, known);
        const space = new KrylovSpace({ operator, start: [vector] });
        for (let step = 0; step < 3; step++) space.absorb(await operator.apply(space.pending()));
        chances.push(chanceUnseen(evidenceOf(space.ritz().values, space.jacobi(), 1e-14), values[0], deviation));
      }
      // The eigenvalue is there: that the bound falls to p must not happen more often than p.
      for (const p of [0.05, 0.2, 0.5])
        expect(chances.filter((chance) => chance <= p).length / starts).toBeLessThanOrEqual(
          p + 3 * Math.sqrt((p * (1 - p)) / starts),
        );
    }
  });
});
