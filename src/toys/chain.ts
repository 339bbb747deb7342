import { z } from "zod";
import { dimension } from "./dimension.ts";
import { defineToy } from "./toy.ts";

/** The value at which a walk has settled. */
const SETTLED = 1e-10;

/**
 * ½(w₁w₂⋯w_L − p)²: a deep linear network with one unit a layer. Its minima are a surface of L − 1 dimensions; wᵢ² − wⱼ² does not
 * change under gradient flow; from L = 3 on the origin is a saddle without curvature.
 */
export const chain = defineToy({
  name: "chain",
  summary: "a product of weights that is to be a number: a deep linear network",
  formula: String.raw`\tfrac12 (w_1 w_2 \cdots w_L - p)^2`,
  source: "THEORY C10, E4",
  parameters: z.object({
    n: dimension(3, 2).describe("weights L"),
    p: z.number().default(1).describe("the product p that they are to have"),
    spread: z.number().positive().default(0.5).describe("standard deviation of the weights that walks begin with"),
  }),
  make({ n, p, spread }) {
    /** Products of all weights but one, or but two. */
    const without = (w: Float64Array, i: number, j = i) => {
      let product = 1;
      for (let k = 0; k < n; k++) if (k !== i && k !== j) product *= w[k];
      return product;
    };
    const value = (w: Float64Array) => (w.reduce((product, each) => product * each, 1) - p) ** 2 / 2;
    return {
      dimension: n,
      value,
      gradient(w, into) {
        const off = without(w, -1) - p;
        for (let i = 0; i < n; i++) into[i] = off * without(w, i);
      },
      hessianVector(w, v, into) {
        const off = without(w, -1) - p;
        let slope = 0;
        for (let j = 0; j < n; j++) slope += without(w, j) * v[j];
        for (let i = 0; i < n; i++) {
          let sum = without(w, i) * slope;
          for (let j = 0; j < n; j++) if (j !== i) sum += off * without(w, i, j) * v[j];
          into[i] = sum;
        }
      },
      // One residual, w₁w₂⋯w_L − p.
      gaussNewtonVector(w, v, into) {
        let change = 0;
        for (let j = 0; j < n; j++) change += without(w, j) * v[j];
        for (let i = 0; i < n; i++) into[i] = without(w, i) * change;
      },
      goal: { kind: "settle", says: `the value is at most ${SETTLED}`, isReached: (w) => value(w) <= SETTLED },
      critical: [{ at: new Float64Array(n), kind: n === 2 && p !== 0 ? "saddle" : "degenerate" }],
      start: (random) => random.normalVector(n).map((x) => spread * x),
    };
  },
});
