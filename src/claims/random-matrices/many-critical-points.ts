import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { gridNeighbourhood } from "../../topology/grid-neighbourhood.ts";
import { joinedNeighbourhood } from "../../topology/joined-neighbourhood.ts";
import { mergeTree } from "../../topology/merge-tree.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { threeSigma } from "../three-sigma.ts";
import { countCriticalPoints } from "./all-critical-points.ts";
import { expectedCriticalPoints } from "./expected-critical-points.ts";

/** Degrees on the circle, and dimensions of the spheres on which p is 3. */
const DEGREES = [3, 4, 6] as const;
const DIMENSIONS = [3, 4] as const;
/** Points of the circle that a glass is looked at: two zeros of its slope that are nearer are missed, about one in 10⁴. */
const POINTS = 1000;
const RING = joinedNeighbourhood(gridNeighbourhood([POINTS]), POINTS, [[0, POINTS - 1]]);

const parts = [
  ...DEGREES.map((degree) => ({ degree, dimension: 2 })),
  ...DIMENSIONS.map((dimension) => ({ degree: 3, dimension })),
];

export const manyCriticalPoints = defineClaim({
  id: "B9",
  topic: "random-matrices",
  statement: "The number of critical points of a random surface grows exponentially with its dimension.",
  says: "law",
  law: "spherical p-spin glass on S^(N−1), p ≥ 3: E Crt = 2√(2/p) (p − 1)^(N/2) E Σᵢ exp(−(p − 2)xᵢ²/2p), xᵢ eigenvalues of the GOE; 2√(3p − 2) on the circle",
  rival: "two for each dimension, 2N, as of a quadratic form, p = 2",
  source:
    "Auffinger, Ben Arous & Černý 2013, theorem 2.1 summed over the indices; Kac 1943 and Rice 1945 on the circle",
  why: "A sphere of N dimensions holds exponentially many places that know nothing of each other.",
  means:
    "Nobody will ever list the critical points of a network: what can be known of them is how they are distributed.",
  breaks:
    "Counted up to N = 4, where the law is told from 2N, and a power of N would do as well: that the growth is exponential is what the law says beyond. It is the mean over functions, and of functions with independent coefficients: a deep linear network has as large a number of parameters and no bad minimum at all.",
  reading: [
    "Auffinger, Ben Arous & Černý, Commun. Pure Appl. Math. 66, 165 (2013)",
    "Kac, Bull. Am. Math. Soc. 49, 314 (1943)",
  ],
  parameters: z.object({
    circles: scaled(4000, 200, "glasses on the circle, of each degree"),
    glasses: scaled(60, 12, "glasses on each sphere"),
  }),
  parts: () => parts.length,
  found: z.object({ value: z.number(), standardError: z.number() }),
  async measure({ circles, glasses }, part, { random, context }) {
    const { degree, dimension } = parts[part];
    const counts: number[] = [];
    if (dimension === 2) for (let k = 0; k < circles; k++) counts.push(onCircle(degree, random));
    else
      for (let k = 0; k < glasses; k++)
        counts.push((await countCriticalPoints(dimension, random.split(String(k)), context)) ?? Number.NaN);
    return { ...sampleMean(Float64Array.from(counts)) };
  },
  conclude(found, { circles, glasses }) {
    const dimensions = [2, 3, 4, 5, 6, 7, 8];
    const cubic = parts.flatMap(({ degree, dimension }, i) => (degree === 3 ? [{ dimension, ...found[i] }] : []));
    return {
      evidence: parts.map(({ degree, dimension }, i) =>
        weigh({
          name: `mean number of critical points, p = ${degree}, N = ${dimension}`,
          measured: found[i].value,
          standardError: found[i].standardError,
          law: equals(expectedCriticalPoints(dimension, degree)),
          rival: equals(2 * dimension),
          allowed: threeSigma(found[i].standardError, dimension === 2 ? circles : glasses),
        }),
      ),
      picture: {
        title: "Critical points of spherical 3-spin glasses",
        description: "Mean number of all critical points on the sphere against the dimension.",
        x: { title: "N" },
        y: { title: "critical points", scale: "log" },
        law: [{ name: "", x: dimensions, y: dimensions.map((n) => expectedCriticalPoints(n, 3)) }],
        rival: [{ name: "2N", x: dimensions, y: dimensions.map((n) => 2 * n) }],
        measured: [
          {
            name: "",
            x: cubic.map(({ dimension }) => dimension),
            y: cubic.map(({ value }) => value),
            error: cubic.map(({ standardError }) => standardError),
          },
        ],
      },
    };
  },
});

/**
 * Zeros of the slope of Σₖ √C(p, k) Jₖ cosᵖ⁻ᵏφ sinᵏφ: the minima that a merge tree of its values has, and as many maxima. It
 * is the glass of N = 2, of covariance cosᵖ of the angle between two points.
 */
function onCircle(degree: number, random: RandomStream): number {
  let binomial = 1;
  const coefficients = Array.from({ length: degree + 1 }, (_, k) => {
    const coefficient = Math.sqrt(binomial) * random.normal();
    binomial *= (degree - k) / (k + 1);
    return coefficient;
  });
  const values = Float64Array.from({ length: POINTS }, (_, i) => {
    const angle = (2 * Math.PI * i) / POINTS;
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    return coefficients.reduce((sum, coefficient, k) => sum + coefficient * x ** (degree - k) * y ** k, 0);
  });
  return 2 * mergeTree(values, RING).minima.length;
}
