import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atLeast, atMost, equals, weigh } from "../claim/evidence.ts";
import { minimumOfSpins } from "./minimum-of-spins.ts";
import { END_OF_BULK, indexShare } from "./spherical-spins.ts";
import { spinPoints, spinPointsOf } from "./spin-points.ts";
import { minOf } from "../../util/extremes.ts";

/** From here on up almost no critical point is a minimum. */
const BAND = END_OF_BULK + 0.1;

export const minimaLieHigh = defineClaim({
  id: "B10",
  topic: "random-matrices",
  statement:
    "The loss surface is like a spin glass, with exponentially many local minima at high energy and few, connected minima at low energy.",
  says: "rival",
  law: "the reverse: spherical p-spin glasses have exponentially many minima in the lowest band alone, −E₀ < u < −E∞ = −2√((p − 1)/p); above it the index of almost every critical point grows like N, as N F_sc(pu/√(p(p − 1)))",
  rival: "the critical points of high energy are minima",
  source: "Auffinger, Ben Arous & Černý 2013, theorems 2.1 and 2.5",
  why: "That there are exponentially many critical points is true at all energies, and one hears minima.",
  means:
    "In such a surface what stops a descent on the way is a saddle; all minima are about equally good, and none is easy to be sure of.",
  breaks:
    "The law is that of large N: at N = 30 the minima that descent reaches lie at −1.46 on average, not yet below −E∞ = −1.63. Networks are no spin glasses.",
  reading: [
    "Auffinger, Ben Arous & Černý, Commun. Pure Appl. Math. 66, 165 (2013)",
    "Choromanska, Henaff, Mathieu, Ben Arous & LeCun, AISTATS (2015)",
  ],
  parameters: z.object({
    dimension: z.int().min(20).max(200).default(30).describe("N"),
    glasses: scaled(40, 8, "glasses, five searches and four descents of others for each"),
  }),
  found: z.object({ points: spinPoints, minima: z.array(z.number()) }),
  async measure({ dimension, glasses }, _part, { random, context }) {
    const points = await spinPointsOf(dimension, glasses, { random: random.split("critical"), context });
    const minima = Array.from({ length: 4 * glasses }, (_, k) =>
      minimumOfSpins(dimension, random.split(`minimum ${k}`)),
    );
    return { points, minima };
  },
  conclude([{ points, minima }], { dimension }) {
    const high = points.filter(({ energy }) => energy > BAND);
    const share = ({ negative }: (typeof high)[number]) => negative / (dimension - 1);
    const shares = sampleMean(Float64Array.from(high, share));
    // By how much each misses what the law says at its own energy: the spread of the energies is none of this error.
    const apart = sampleMean(Float64Array.from(high, (point) => share(point) - indexShare(point.energy)));
    const reached = sampleMean(Float64Array.from(minima));
    const least = minOf(high.map(({ negative }) => negative));
    const energies = Array.from({ length: 81 }, (_, i) => -1.7 + i * 0.0425);
    return {
      evidence: [
        weigh({
          name: `least index of ${high.length} critical points above −E∞ + 0.1, N = ${dimension}`,
          measured: least,
          law: atLeast(1),
          rival: equals(0),
        }),
        weigh({
          name: "mean of index/(N − 1) there",
          measured: shares.value,
          standardError: apart.standardError,
          law: equals(shares.value - apart.value),
          rival: equals(0),
          allowed: 3 * apart.standardError,
        }),
        weigh({
          name: `mean energy of ${minima.length} minima that descent reaches`,
          measured: reached.value,
          standardError: reached.standardError,
          law: atMost(END_OF_BULK + 0.2),
          rival: atLeast(0),
        }),
      ],
      picture: {
        title: "Where the minima of spin glasses are",
        description:
          "Share of the directions that lead down against the energy, of critical points and of minima that descent reaches.",
        x: { title: "energy u = H/N" },
        y: { title: "index/(N − 1)" },
        law: [{ name: "F_sc(3u/√6)", x: energies, y: energies.map(indexShare) }],
        rival: [{ name: "minima at high energy", x: [0, energies[80]], y: [0, 0] }],
        measured: [
          { name: "critical points", x: points.map(({ energy }) => energy), y: points.map(share) },
          { name: "minima", x: minima, y: minima.map(() => 0) },
        ],
      },
    };
  },
});
