import { z } from "zod";
import { inverseOf } from "../../linalg/dense.ts";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { dot } from "../../linalg/vector.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { goe } from "../random-matrices/goe.ts";
import { maxOf } from "../../util/extremes.ts";

const DIMENSION = 6;
/** Dampings, relative to −λmin, of the picture. */
const SHARES = Array.from({ length: 40 }, (_, i) => i / 20);

export const dampingAndDescent = defineClaim({
  id: "D9",
  topic: "conditioning",
  statement: "Damping, H + μI, makes Newton's step a descent direction.",
  says: "law",
  law: "−(H + μI)⁻¹g leads down for every g just where μ > −λmin, where H + μI is positive definite",
  rival: "any μ > 0 will do",
  source: "Levenberg 1944; Marquardt 1963; Moré & Sorensen 1983",
  why: "The slope along it is −gᵀ(H + μI)⁻¹g, and gᵀ(H + μI)⁻¹g = Σ (vᵢᵀg)²/(λᵢ + μ), of which a term is negative where λᵢ + μ is.",
  means:
    "Damp by more than the most negative curvature, which is to be measured first; with the Gauss–Newton matrix, which has none, any damping will do.",
  breaks:
    "Where g has no part along negative curvature less damping leads down, too; which at a saddle is the hard case.",
  reading: ["Nocedal & Wright, Numerical Optimization (2006), chapters 3, 4, 10"],
  parameters: z.object({ matrices: scaled(500, 20, "random symmetric matrices") }),
  found: z.object({
    off: z.number(),
    first: z.object({ threshold: z.number(), lowest: z.number(), slopes: z.array(z.number()) }),
  }),
  measure({ matrices }, _part, { random }) {
    const all = Array.from({ length: matrices }, () => turningPoint(random));
    return { off: maxOf(all.map(({ threshold, lowest }) => Math.abs(threshold + lowest))), first: all[0] };
  },
  conclude([{ off, first }]) {
    const { threshold, lowest, slopes } = first;
    return {
      evidence: [
        weigh({
          name: `least damping from which the step leads down, for a random matrix of ${DIMENSION} dimensions and g along its lowest eigenvector`,
          measured: threshold,
          law: equals(-lowest),
          rival: equals(0),
          allowed: 1e-10,
        }),
        weigh({
          name: "the same less −λmin over all matrices, at most",
          measured: off,
          law: equals(0),
          allowed: 1e-10,
        }),
      ],
      picture: {
        title: "From which damping on a step leads down",
        description:
          "−gᵀp of the step p = −(H + μI)⁻¹g against μ, g along the lowest eigenvector: above 0 the step leads down. The law is where the sign changes.",
        x: { title: "μ" },
        y: { title: "sign of −gᵀp" },
        law: [{ name: "−λmin", x: [-lowest, -lowest], y: [-1, 1] }],
        rival: [{ name: "0", x: [0, 0], y: [-1, 1] }],
        measured: [{ name: "", x: SHARES.map((share) => -share * lowest), y: slopes }],
      },
    };
  },
});

/** The damping at which gᵀ(H + μ)⁻¹g changes its sign, by bisection; the matrix is solved, not taken apart. */
function turningPoint(random: RandomStream) {
  // Without negative curvature, as one in some 10⁴ of that size is, there is nothing to find.
  for (;;) {
    const matrix = goe(DIMENSION, random);
    const { values, vectors } = symmetricEigen(matrix, DIMENSION, true);
    const [lowest] = values;
    if (lowest >= -0.1) continue;
    const [g] = vectors;
    const slope = (mu: number) => {
      const damped = matrix.slice();
      for (let i = 0; i < DIMENSION; i++) damped[i * DIMENSION + i] += mu;
      const inverse = inverseOf(damped, DIMENSION);
      if (inverse === undefined) return 0;
      let sum = 0;
      for (let i = 0; i < DIMENSION; i++) sum += g[i] * dot(inverse.subarray(i * DIMENSION, (i + 1) * DIMENSION), g);
      return Math.sign(sum);
    };
    let [low, high] = [0, 2 * Math.abs(lowest) + 2];
    while (high - low > Number.EPSILON * high) {
      const middle = (low + high) / 2;
      if (middle === low || middle === high) break;
      if (slope(middle) > 0) high = middle;
      else low = middle;
    }
    return { threshold: (low + high) / 2, lowest, slopes: SHARES.map((share) => slope(-share * lowest)) };
  }
}
