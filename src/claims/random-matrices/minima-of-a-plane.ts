import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { mergeTree } from "../../topology/merge-tree.ts";
import type { Neighbourhood } from "../../topology/neighbourhood.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { threeSigma } from "../three-sigma.ts";
import { planarSurface } from "./planar-surface.ts";
import { slopeTurns } from "./slope-turns.ts";

/** Points on a length of the covariance, and along a side. */
const [PER_LENGTH, SIDE] = [8, 128];
/** E|∇φ|² and E(Δφ)² of covariance exp(−r²/2): E|q|² and E|q|⁴ of two standard normal numbers q. */
const [SLOPES, BENDS] = [2, 8];
const LAW = BENDS / (8 * Math.sqrt(3) * Math.PI * SLOPES);
/** P(both curvatures positive) at a point that was not chosen: T > R, T² of mean 8, R² exponential of mean 8. */
const ANYWHERE = (1 - 1 / Math.sqrt(3)) / 2;
/** Relative distance from the law that is allowed. */
const NEAR = 0.02;

export const minimaOfAPlane = defineClaim({
  id: "B17",
  topic: "random-matrices",
  statement: "In two dimensions a quarter of the critical points of a random surface are minima.",
  says: "law",
  law: "of a Gaussian field in the plane a quarter of the critical points are minima, σ₂²/(8√3π σ₁²) for each unit of area, σ₁² = E|∇φ|², σ₂² = E(Δφ)²; half are saddles",
  rival:
    "critical points are points like others, at a share (1 − 1/√3)/2 = 0.211 of which both curvatures are positive",
  source: "Longuet-Higgins 1957",
  why: "Two curvatures of either sign give four cases, as two coins do.",
  means:
    "A plane through the parameters shows as many pits and peaks as saddles: what a picture of a loss in two dimensions has, the loss in all of its dimensions has not.",
  breaks:
    "It is the plane that makes the quarter: minima less saddles plus maxima is 0 on a torus, whatever the surface. The grid of 8 points on a length misses 0.7 % of the minima and maxima that one twice as fine has. With more dimensions the share of minima falls exponentially (Bray & Dean 2007).",
  reading: [
    "Longuet-Higgins, Phil. Trans. R. Soc. A 249, 321 (1957)",
    "Adler & Taylor, Random Fields and Geometry (2007)",
  ],
  parameters: z.object({
    draws: scaled(640, 32, `fields on a torus of ${SIDE / PER_LENGTH} lengths of their covariance exp(−r²/2)`),
  }),
  found: z.array(z.object({ minima: z.int(), maxima: z.int(), saddles: z.int() })),
  measure: ({ draws }, _part, { random }) => Array.from({ length: draws }, () => countsOf(random)),
  conclude([counts]) {
    const area = (SIDE / PER_LENGTH) ** 2;
    const saddles = sampleMean(Float64Array.from(counts, (each) => each.saddles / (each.minima + each.maxima)));
    const density = sampleMean(Float64Array.from(counts, ({ minima, maxima }) => (minima + maxima) / (2 * area)));
    const names = ["minima", "saddles", "maxima"] as const;
    const densities = names.map((name) => sampleMean(Float64Array.from(counts, (each) => each[name] / area)));
    return {
      evidence: [
        weigh({
          name: `minima on a square of the length of the covariance, ${counts.length} fields, maxima counted with them, halved`,
          measured: density.value,
          standardError: density.standardError,
          law: equals(LAW),
          rival: equals(4 * LAW * ANYWHERE),
          // What few fields cannot tell is no miss.
          allowed: Math.max(NEAR * LAW, threeSigma(density.standardError, counts.length)),
        }),
        weigh({
          name: "saddles for each minimum or maximum",
          measured: saddles.value,
          standardError: saddles.standardError,
          law: equals(1),
          rival: equals((1 - 2 * ANYWHERE) / (2 * ANYWHERE)),
          allowed: NEAR,
        }),
      ],
      picture: {
        title: "Critical points of random surfaces over a plane",
        description: "How many of each index lie on a square of the length of the covariance.",
        x: { title: "index" },
        y: { title: "density" },
        law: [{ name: "1 : 2 : 1", x: [0, 1, 2], y: [LAW, 2 * LAW, LAW] }],
        rival: [
          {
            name: "as at any point",
            x: [0, 1, 2],
            y: [ANYWHERE, 1 - 2 * ANYWHERE, ANYWHERE].map((each) => 4 * LAW * each),
          },
        ],
        measured: [
          {
            name: "",
            x: [0, 1, 2],
            y: densities.map(({ value }) => value),
            error: densities.map(({ standardError }) => standardError),
          },
        ],
      },
    };
  },
});

/** Minima and maxima as merge trees have them; saddles as the squares around which the slope turns once against the way round. */
function countsOf(random: RandomStream) {
  const surface = planarSurface(SIDE / PER_LENGTH, [{ weight: 1, length: 1 }], random);
  const { values, slopes } = surface.onGrid(SIDE);
  const down = values.map((value) => -value);
  return {
    minima: mergeTree(values, TORUS).minima.length,
    maxima: mergeTree(down, TORUS).minima.length,
    saddles: slopeTurns(slopes, SIDE).filter((turns) => turns === -1).length,
  };
}

/** Eight neighbours each, around the torus. */
const TORUS: Neighbourhood = {
  points: SIDE * SIDE,
  each(point, visit) {
    const [row, column] = [Math.floor(point / SIDE), point % SIDE];
    for (const down of [SIDE - 1, 0, 1])
      for (const right of [SIDE - 1, 0, 1])
        if (down !== 0 || right !== 0) visit(((row + down) % SIDE) * SIDE + ((column + right) % SIDE));
  },
};
