import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atLeast, atMost, equals, weigh } from "../claim/evidence.ts";
import { lowestEnergy } from "./lowest-energy.ts";
import { minimumOfSpins } from "./minimum-of-spins.ts";
import { END_OF_BULK } from "./spherical-spins.ts";

/** Dimensions that the spread is followed through. */
const DIMENSIONS = [16, 32, 64];
const LARGEST = DIMENSIONS.length - 1;

export const equalMinima = defineClaim({
  id: "B8",
  topic: "random-matrices",
  statement: "All minima that descent finds are about equally good: they lie in a narrow band near the bottom.",
  says: "law",
  law: "spherical 3-spin glass, u = H/N: minima in exponential number only at −E₀ < u < −E∞, E₀ = 1.65700 the zero of Θ₀, E∞ = 2√(2/3) = 1.63299; what descent reaches lies within 0.2 of the band, the closer together the larger N",
  rival:
    "there is no band that they draw together in: at N = 64 descent ends no deeper and no closer together than at N = 16",
  source: "Auffinger, Ben Arous & Černý 2013, theorem 2.5",
  why: "On a sphere energy is curvature (claim B7), and only the lowest points have no direction that leads down.",
  means:
    "Where a loss is of this kind it does not matter which minimum a run ends in; of networks that is found, where they are wide, and not proved.",
  breaks:
    "The band is that of large N: at N = 64 minima lie at −1.53 on average, and those of a glass that happens to be deep also below −E₀. Small networks have minima of very different heights.",
  reading: [
    "Auffinger, Ben Arous & Černý, Commun. Pure Appl. Math. 66, 165 (2013)",
    "Choromanska, Henaff, Mathieu, Ben Arous & LeCun, AISTATS (2015)",
  ],
  parameters: z.object({ descents: scaled(100, 25, "glasses of each dimension, a descent in each") }),
  parts: () => DIMENSIONS.length,
  found: z.array(z.number()),
  measure: ({ descents }, part, { random }) =>
    Array.from({ length: descents }, (_, k) => minimumOfSpins(DIMENSIONS[part], random.split(String(k)))),
  conclude(found) {
    const means = found.map((energies) => sampleMean(Float64Array.from(energies)));
    const spreads = means.map(({ standardError }, i) => standardError * Math.sqrt(found[i].length));
    const narrowing = spreads[LARGEST] / spreads[0];
    // A deviation of n normal numbers is known to 1/√(2(n − 1)) of itself.
    const unsure = Math.sqrt([found[0], found[LARGEST]].reduce((sum, { length }) => sum + 1 / (2 * (length - 1)), 0));
    const largest = means[LARGEST];
    const where = `N = ${DIMENSIONS[LARGEST]}`;
    const ends = [DIMENSIONS[0], DIMENSIONS[LARGEST]];
    const level = (u: number) => ({ x: ends, y: [u, u] });
    return {
      evidence: [
        weigh({
          name: `mean energy of ${found[LARGEST].length} minima that descent reaches, ${where}`,
          measured: largest.value,
          standardError: Math.hypot(largest.standardError, means[0].standardError),
          law: atMost(END_OF_BULK + 0.2),
          rival: atLeast(means[0].value),
        }),
        weigh({
          name: "the same, beside the bottom −E₀",
          measured: largest.value,
          standardError: largest.standardError,
          law: atLeast(lowestEnergy(0)),
        }),
        weigh({
          name: `their standard deviation over that at N = ${DIMENSIONS[0]}`,
          measured: narrowing,
          standardError: narrowing * unsure,
          law: atMost(1),
          rival: equals(1),
        }),
      ],
      picture: {
        title: "Where descent ends in spherical 3-spin glasses",
        description: "Energies of the minima that L-BFGS reaches from random directions, against the dimension.",
        x: { title: "N" },
        y: { title: "energy u = H/N" },
        law: [
          { name: "−E₀", ...level(lowestEnergy(0)) },
          { name: "−E∞ + 0.2", ...level(END_OF_BULK + 0.2) },
        ],
        rival: [{ name: `as at N = ${DIMENSIONS[0]}`, ...level(means[0].value) }],
        measured: found.map((energies, i) => ({
          name: `N = ${DIMENSIONS[i]}`,
          x: energies.map(() => DIMENSIONS[i]),
          y: energies,
        })),
      },
    };
  },
});
