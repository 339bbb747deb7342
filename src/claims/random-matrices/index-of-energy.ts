import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atMost, equals, weigh } from "../claim/evidence.ts";
import { threeSigma } from "../three-sigma.ts";
import { fittedSlope } from "./fitted-slope.ts";
import { goe } from "./goe.ts";
import { indexShare, SHIFT } from "./spherical-spins.ts";
import { spinPoints, spinPointsOf } from "./spin-points.ts";
import { maxOf } from "../../util/extremes.ts";

/** Rows of the matrices whose index is looked at in every single draw. */
const ROWS = 500;
const ENERGIES = [-1.2, -0.6, 0, 0.6];
/** Parts that glasses are searched in. */
const GLASS_PARTS = 4;

export const indexOfEnergy = defineClaim({
  id: "B7",
  topic: "random-matrices",
  statement: "The lower a critical point of a spin glass lies, the fewer directions lead down from it.",
  says: "law",
  law: "spherical p-spin glass: index/N → F_sc(pu/√(p(p − 1))) at energy u = H/N, F_sc the distribution of the semicircle on [−2, 2]",
  rival: "½ at every energy: curvatures that know nothing of the height",
  source: "Auffinger, Ben Arous & Černý 2013, lemma 3.2",
  why: "On a sphere a homogeneous function of degree p bends by −pu in every direction: energy is curvature.",
  means: "Where height and index go together, a low critical point that stops a descent is all but a minimum.",
  breaks:
    "It is exact for homogeneous functions on a sphere; of a network's loss the order survives, and the constants do not.",
  reading: ["Auffinger, Ben Arous & Černý, Commun. Pure Appl. Math. 66, 165 (2013)"],
  parameters: z.object({
    dimension: z.int().min(10).max(200).default(30).describe("N"),
    draws: scaled(50, 3, "matrices of 500 rows"),
    glasses: scaled(40, 2, "glasses in each of four parts, five searches in each glass"),
  }),
  parts: () => 1 + GLASS_PARTS,
  found: z.object({ worst: z.number(), points: spinPoints }),
  async measure({ dimension, draws, glasses }, part, desk) {
    if (part > 0) return { worst: 0, points: await spinPointsOf(dimension, glasses, desk) };
    let worst = 0;
    for (let k = 0; k < draws; k++) {
      const { values } = symmetricEigen(goe(ROWS, desk.random), ROWS, false);
      for (const energy of ENERGIES) {
        const share = values.filter((value) => value < SHIFT * energy).length / ROWS;
        worst = Math.max(worst, Math.abs(share - indexShare(energy)));
      }
    }
    return { worst, points: [] };
  },
  conclude(found, { dimension }) {
    const points = found.flatMap((each) => each.points);
    const worst = maxOf(found.map((each) => each.worst));
    const shares = points.map(({ negative }) => negative / (dimension - 1));
    const misses = sampleMean(Float64Array.from(points, ({ energy }, i) => shares[i] - indexShare(energy)));
    const square = sampleMean(Float64Array.from(points, ({ energy }, i) => (shares[i] - indexShare(energy)) ** 2));
    const slope = fittedSlope(points.map(({ energy }, i) => [{ x: indexShare(energy), y: shares[i] }]));
    const energies = Array.from({ length: 81 }, (_, i) => -1.7 + i * 0.0425);
    const where = `${points.length} critical points, N = ${dimension}`;
    return {
      evidence: [
        weigh({
          name: `slope of the index against what the law says of it, ${where}`,
          measured: slope.value,
          standardError: slope.standardError,
          law: equals(1),
          rival: equals(0),
          allowed: threeSigma(slope.standardError, points.length),
        }),
        weigh({
          name: `mean of index/(N − 1) less what the law says, ${where}`,
          measured: misses.value,
          standardError: misses.standardError,
          law: equals(0),
          // What few points cannot tell is no miss.
          allowed: Math.max(0.003, threeSigma(misses.standardError, points.length)),
        }),
        weigh({
          name: "its root mean square",
          measured: Math.sqrt(square.value),
          standardError: square.standardError / (2 * Math.sqrt(square.value)),
          law: atMost(0.03),
        }),
        weigh({
          name: `largest miss of the share of negative eigenvalues of √6 GOE − 3u, u = ${ENERGIES.join(", ")}, n = ${ROWS}, over all draws`,
          measured: worst,
          law: atMost(0.01),
          rival: equals(maxOf(ENERGIES.map((energy) => Math.abs(indexShare(energy) - 0.5)))),
        }),
      ],
      picture: {
        title: `Index and energy of ${points.length} critical points of spherical 3-spin glasses`,
        description: "Share of the directions that lead down against the energy.",
        x: { title: "energy u = H/N" },
        y: { title: "index/(N − 1)" },
        law: [{ name: "F_sc(3u/√6)", x: energies, y: energies.map(indexShare) }],
        rival: [{ name: "½", x: [energies[0], energies[80]], y: [0.5, 0.5] }],
        measured: [{ name: "", x: points.map(({ energy }) => energy), y: shares }],
      },
    };
  },
});
