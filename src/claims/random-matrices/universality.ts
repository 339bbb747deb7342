import { z } from "zod";
import { normalCdf } from "../../linalg/distributions.ts";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atMost, equals, weigh } from "../claim/evidence.ts";
import { distanceOf } from "./distance-of.ts";
import { semicircleBelow } from "./goe.ts";
import { maxOf } from "../../util/extremes.ts";

/** Largest distance of a draw's distribution from the law's. */
const NEAR = 0.012;

/** Laws of mean 0 and variance 1, none of them normal. */
const ENTRIES: readonly { readonly name: string; draw(random: RandomStream): number }[] = [
  { name: "±1", draw: (random) => 2 * random.integer(2) - 1 },
  { name: "uniform", draw: (random) => Math.sqrt(12) * (random.uniform() - 0.5) },
  { name: "exponential less 1", draw: (random) => random.gamma(1) - 1 },
];

/** Bins of the picture. */
const MIDDLES = Array.from({ length: 44 }, (_, k) => (k - 21.5) / 10);

export const universality = defineClaim({
  id: "B2",
  topic: "random-matrices",
  statement: "The semicircle does not depend on how the entries are distributed.",
  says: "law",
  law: "independent entries of mean 0 and variance 1/n, whatever else: density √(4 − x²)/2π; of entries ±1/√n, E tr H⁴/n = 2 − 1/n",
  rival:
    "sums of many small things are normal: density exp(−x²/2)/√2π, E tr H⁴/n = 3, 0.040 away from the semicircle (Kolmogorov–Smirnov)",
  source: "Wigner 1958; Arnold 1971",
  condition: "independent entries of a finite variance, the same for all",
  why: "What the traces of powers count are closed walks, and almost all go each edge twice: of an entry they know its variance alone.",
  means: "A semicircle in a spectrum tells nothing of how the entries came about: it is what any noise leaves.",
  breaks:
    "Entries without a variance, of different variances or that depend on each other have other laws: the matrices XXᵀ of data have that of Marchenko and Pastur.",
  reading: ["Wigner, Ann. Math. 67, 325 (1958)", "Erdős & Yau, A Dynamical Approach to Random Matrix Theory (2017)"],
  parameters: z.object({
    n: z.int().min(2).max(4000).default(500).describe("rows"),
    draws: scaled(20, 3, "matrices of each law of entries"),
  }),
  parts: () => ENTRIES.length,
  found: z.array(z.object({ distance: z.number(), fourth: z.number(), share: z.array(z.number()) })),
  measure({ n, draws }, part, { random }) {
    const { draw } = ENTRIES[part];
    return Array.from({ length: draws }, () => {
      const { values } = symmetricEigen(
        symmetric(n, () => draw(random)),
        n,
        false,
      );
      return {
        distance: distanceOf(values, semicircleBelow),
        fourth: values.reduce((sum, value) => sum + value ** 4, 0) / n,
        share: MIDDLES.map((middle) => values.filter((value) => Math.abs(value - middle) < 0.05).length / n),
      };
    });
  },
  conclude(found, { n }) {
    const normal = maxOf(fine.map((t) => Math.abs(normalCdf(t) - semicircleBelow(t))));
    const signs = sampleMean(Float64Array.from(found[0], ({ fourth }) => fourth));
    return {
      evidence: [
        ...found.map((draws, k) =>
          weigh({
            name: `distance of the distribution from the semicircle (Kolmogorov–Smirnov), the worst draw, entries ${ENTRIES[k].name}, n = ${n}`,
            measured: maxOf(draws.map(({ distance }) => distance)),
            law: atMost(NEAR),
            rival: equals(normal),
          }),
        ),
        weigh({
          name: "mean of tr H⁴/n, entries ±1",
          measured: signs.value,
          standardError: signs.standardError,
          law: equals(2 - 1 / n),
          rival: equals(3),
          allowed: 4 * signs.standardError,
        }),
      ],
      picture: {
        title: `Eigenvalues of symmetric matrices of ${n} rows with entries of three laws`,
        description: "Density of the eigenvalues, all matrices of a law together.",
        x: { title: "eigenvalue" },
        y: { title: "density" },
        law: [{ name: "semicircle", x: fine, y: fine.map((t) => Math.sqrt(Math.max(0, 4 - t * t)) / (2 * Math.PI)) }],
        rival: [{ name: "normal", x: fine, y: fine.map((t) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI)) }],
        measured: found.map((draws, k) => ({
          name: ENTRIES[k].name,
          x: MIDDLES,
          y: MIDDLES.map((_, i) => (10 * draws.reduce((sum, { share }) => sum + share[i], 0)) / draws.length),
        })),
      },
    };
  },
});

const fine = Array.from({ length: 221 }, (_, i) => -2.2 + i / 50);

function symmetric(n: number, draw: () => number): Float64Array {
  const matrix = new Float64Array(n * n);
  const scale = 1 / Math.sqrt(n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = scale * draw();
  return matrix;
}
