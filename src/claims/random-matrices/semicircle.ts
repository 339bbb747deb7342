import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atMost, equals, weigh } from "../claim/evidence.ts";
import { distanceOf } from "./distance-of.ts";
import { goe, semicircleBelow } from "./goe.ts";

/** Largest distance of a draw's distribution from the law's. */
const NEAR = 0.012;

const density = (t: number) => Math.sqrt(Math.max(0, 4 - t * t)) / (2 * Math.PI);

export const semicircle = defineClaim({
  id: "B1",
  topic: "random-matrices",
  statement: "The eigenvalues of a large random symmetric matrix lie on a semicircle.",
  says: "law",
  law: "density √(4 − x²)/2π on [−2, 2]; E tr Hᵏ/n = 1 + 1/n, 2 + 5/n + 5/n², 5 + 22/n + 52/n² + 41/n³ for k = 2, 4, 6",
  rival: "a uniform density on [−√3, √3], of the same variance: moments 1, 9/5, 27/7",
  source: "Wigner 1955",
  why: "It is the spectrum that is left when nothing is known of a symmetric matrix but the size of its entries.",
  means:
    "A bulk of curvatures that looks like a semicircle is what chance alone makes; what stands outside of it is structure.",
  breaks:
    "Entries that depend on each other, or have no variance, have other laws; Hessians of trained networks are of that kind.",
  reading: ["Wigner, Ann. Math. 62, 548 (1955)", "Mehta, Random Matrices (2004)"],
  parameters: z.object({
    n: z.int().min(2).max(4000).default(500).describe("rows"),
    draws: scaled(50, 4, "matrices"),
  }),
  found: z.array(z.object({ distance: z.number(), moments: z.array(z.number()), share: z.array(z.number()) })),
  measure({ n, draws }, _part, { random }) {
    return Array.from({ length: draws }, () => {
      const { values } = symmetricEigen(goe(n, random), n, false);
      return {
        distance: distanceOf(values, semicircleBelow),
        moments: [2, 4, 6].map((k) => values.reduce((sum, value) => sum + value ** k, 0) / n),
        share: histogram(values),
      };
    });
  },
  conclude([all], { n }) {
    const predicted = [1 + 1 / n, 2 + 5 / n + 5 / n ** 2, 5 + 22 / n + 52 / n ** 2 + 41 / n ** 3];
    const uniform = [1, 9 / 5, 27 / 7];
    const worst = all.reduce((most, { distance }) => Math.max(most, distance), 0);
    const shares = BINS.map((_, k) => sampleMean(Float64Array.from(all, ({ share }) => share[k])));
    const fine = Array.from({ length: 201 }, (_, i) => -2 + i / 50);
    const edge = Math.sqrt(3);
    return {
      evidence: [
        weigh({
          name: `distance of the distribution (Kolmogorov–Smirnov), the worst draw, n = ${n}`,
          measured: worst,
          law: atMost(NEAR),
        }),
        ...[2, 4, 6].map((k, i) => {
          const { value, standardError } = sampleMean(Float64Array.from(all, ({ moments }) => moments[i]));
          return weigh({
            name: `mean of tr Hᵏ/n, k = ${k}`,
            measured: value,
            standardError,
            law: equals(predicted[i]),
            rival: k === 2 ? undefined : equals(uniform[i]),
            allowed: 4 * standardError,
          });
        }),
      ],
      picture: {
        title: `Eigenvalues of ${all.length} random symmetric matrices of ${n} rows`,
        description: "Density of the eigenvalues, all matrices together.",
        x: { title: "eigenvalue" },
        y: { title: "density" },
        law: [{ name: "semicircle", x: fine, y: fine.map(density) }],
        rival: [{ name: "uniform", x: [-edge, -edge, edge, edge], y: [0, 1 / (2 * edge), 1 / (2 * edge), 0] }],
        measured: [
          {
            name: "",
            x: BINS,
            y: shares.map(({ value }) => value / WIDTH),
            error: shares.map(({ standardError }) => standardError / WIDTH),
          },
        ],
      },
    };
  },
});

const WIDTH = 0.1;
/** Middles of the bins of the picture. */
const BINS = Array.from({ length: 44 }, (_, k) => (k - 21.5) * WIDTH);

function histogram(values: Float64Array): number[] {
  const share = BINS.map(() => 0);
  for (const value of values) {
    const k = Math.floor(value / WIDTH + BINS.length / 2);
    if (k >= 0 && k < share.length) share[k] += 1 / values.length;
  }
  return share;
}
