import { axpy, dot } from "../../src/linalg/vector.ts";
import type { LinearOperator } from "../../src/operators/linear-operator.ts";
import type { RandomStream } from "../../src/random/random-stream.ts";
import { randomBlock } from "../../src/estimators/krylov-space.ts";

/** Operators for the tests: a prescribed spectrum in a random basis, at linear cost. */

/** R D R with R three random reflections: the spectrum is d, and no coordinate axis is special. */
export function rotated(spectrum: Float64Array, random: RandomStream): LinearOperator {
  const n = spectrum.length;
  const mirrors = [0, 1, 2].flatMap(() => randomBlock(random, n, 1));
  const reflect = (v: Float64Array, u: Float64Array): void => axpy(-2 * dot(u, v), u, v);
  return {
    dimension: n,
    symmetric: true,
    precision: "float64",
    preferredBlock: 1,
    name: "rotated diagonal",
    apply: (block) =>
      Promise.resolve(
        block.map((v) => {
          const w = Float64Array.from(v);
          for (const u of mirrors) reflect(w, u);
          for (let i = 0; i < n; i++) w[i] *= spectrum[i];
          for (const u of mirrors.toReversed()) reflect(w, u);
          return w;
        }),
      ),
  };
}

/** The same operator with every product rounded to float32. */
export function roundedToFloat32(operator: LinearOperator): LinearOperator {
  return {
    ...operator,
    precision: "float32",
    name: `${operator.name} in float32`,
    apply: async (block) => {
      const products = await operator.apply(block.map((v) => Float64Array.from(v, Math.fround)));
      return products.map((w) => Float64Array.from(w, Math.fround));
    },
  };
}

/** The same operator, which prefers blocks of k. */
export function inBlocks(operator: LinearOperator, k: number): LinearOperator {
  return { ...operator, preferredBlock: k, apply: (block) => operator.apply(block) };
}
