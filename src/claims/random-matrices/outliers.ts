import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { tridiagonalEigen } from "../../linalg/tridiagonal-eigen.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { goeTridiagonal } from "./goe-tridiagonal.ts";

/** Strengths of the added curvature: at the first it stays in the bulk. */
const STRENGTHS = [0.5, 1.5, 2, 3] as const;

const detached = (beta: number) => beta + 1 / beta;
const edge = (beta: number) => (beta > 1 ? detached(beta) : 2);
const overlap = (beta: number) => (beta > 1 ? 1 - 1 / beta ** 2 : 0);

export const outliers = defineClaim({
  id: "B4",
  topic: "random-matrices",
  statement: "Each direction of added positive curvature makes an eigenvalue of its own, away from the bulk.",
  says: "rival",
  law: "H = GOE + β uuᵀ: for β > 1 the largest eigenvalue goes to β + 1/β, its vector's (vᵀu)² to 1 − 1/β²; for β ≤ 1 to 2, the edge of the bulk, and 0",
  rival: "β + 1/β for every β > 0, and a vector that shows u",
  condition: "β > 1, where the width of the bulk is 4",
  source: "Péché 2006; Benaych-Georges & Nadakuditi 2011, theorems 2.1 and 2.2",
  why: "What one looks for are outliers, and where there are some they are where β + 1/β says.",
  means:
    "Directions that matter less than the noise does are invisible in a spectrum: no outlier is no proof that there is nothing.",
  breaks: "Noise of another law has another threshold; several directions of like strength share their vectors.",
  reading: [
    "Benaych-Georges & Nadakuditi, Adv. Math. 227, 494 (2011)",
    "Baik, Ben Arous & Péché, Ann. Probab. 33, 1643 (2005)",
  ],
  parameters: z.object({
    n: z.int().min(100).max(4000).default(400).describe("rows"),
    draws: scaled(400, 60, "matrices of each strength"),
  }),
  parts: () => STRENGTHS.length,
  found: z.object({
    largest: z.object({ value: z.number(), standardError: z.number() }),
    overlap: z.object({ value: z.number(), standardError: z.number() }),
  }),
  measure({ n, draws }, part, { random }) {
    const largest = new Float64Array(draws);
    const overlaps = new Float64Array(draws);
    for (let k = 0; k < draws; k++) {
      const { diagonal, offDiagonal } = goeTridiagonal(n, random);
      diagonal[0] += STRENGTHS[part];
      const { values, first } = tridiagonalEigen(diagonal, offDiagonal, "ends");
      largest[k] = values[n - 1];
      overlaps[k] = first[n - 1] ** 2;
    }
    return { largest: { ...sampleMean(largest) }, overlap: { ...sampleMean(overlaps) } };
  },
  conclude(found, { n }) {
    const strengths = Array.from({ length: 60 }, (_, i) => 0.3 + i / 20);
    return {
      evidence: STRENGTHS.flatMap((beta, i) => [
        weigh({
          name: `mean of the largest eigenvalue, β = ${beta}, n = ${n}`,
          measured: found[i].largest.value,
          standardError: found[i].largest.standardError,
          law: equals(edge(beta)),
          rival: equals(detached(beta)),
          allowed: 0.03,
        }),
        weigh({
          name: `mean of (vᵀu)², β = ${beta}, n = ${n}`,
          measured: found[i].overlap.value,
          standardError: found[i].overlap.standardError,
          law: equals(overlap(beta)),
          rival: beta > 1 ? equals(overlap(beta)) : undefined,
          allowed: 0.04,
        }),
      ]),
      picture: {
        title: "When an added curvature leaves the bulk",
        description:
          "The largest eigenvalue of a random symmetric matrix with one added curvature, against its strength.",
        x: { title: "β" },
        y: { title: "largest eigenvalue" },
        law: [{ name: "", x: strengths, y: strengths.map(edge) }],
        rival: [{ name: "β + 1/β", x: strengths, y: strengths.map(detached) }],
        measured: [
          {
            name: "",
            x: [...STRENGTHS],
            y: found.map(({ largest }) => largest.value),
            error: found.map(({ largest }) => largest.standardError),
          },
        ],
      },
    };
  },
});
