import { z } from "zod";
import type { RandomStream } from "../../random/random-stream.ts";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { goe } from "../random-matrices/goe.ts";

/** P(all n eigenvalues positive) of the GOE, exactly (Dedieu & Malajovich 2008). */
const EXACT: Readonly<Record<number, number>> = {
  1: 1 / 2,
  2: (2 - Math.SQRT2) / 4,
  3: (Math.PI - 2 * Math.SQRT2) / (4 * Math.PI),
};

/** ¼ ln 3: −ln P/n² as n grows. */
const RATE = Math.log(3) / 4;

/** Where the rate is looked at: P is about 1e-8 there. */
const RARE = 8;

export const positiveEigenvalues = defineClaim({
  id: "A7",
  topic: "geometry",
  statement:
    "Each curvature is positive or negative like a coin flip, so that a critical point is a minimum with probability 2⁻ⁿ.",
  says: "rival",
  law: "eigenvalues repel each other: of the GOE P = (2 − √2)/4 for n = 2, (π − 2√2)/4π for n = 3, and −ln P → ¼ ln 3 · n²",
  rival: "P = 2⁻ⁿ, −ln P = n ln 2",
  source: "Dean & Majumdar 2006",
  why: "The sign of one eigenvalue of a random symmetric matrix is a fair coin, and one multiplies as if the others did not know of it.",
  means:
    "Minima among the critical points of a random surface are rarer than any exponential: their logarithm falls with the square of the dimension.",
  breaks:
    "The Hessians of networks are no draws of the GOE: at low loss the Gauss–Newton part shifts them to positive eigenvalues (claims B3, B13).",
  reading: ["Dean & Majumdar, Phys. Rev. Lett. 97, 160201 (2006)"],
  parameters: z.object({
    draws: scaled(400_000, 20_000, "matrices of each size"),
  }),
  parts: () => 3,
  found: z.object({ n: z.number(), value: z.number(), standardError: z.number() }),
  measure({ draws }, part, { random }) {
    const n = [2, 3, RARE][part];
    const of = n === RARE ? tiltedDraw : plainDraw;
    const { value, standardError } = sampleMean(Float64Array.from({ length: draws }, () => of(n, random)));
    return { n, value, standardError };
  },
  conclude(found) {
    const [two, three, rare] = found;
    const rate = -Math.log(rare.value) / RARE ** 2;
    const sizes = Array.from({ length: RARE }, (_, i) => i + 1);
    return {
      evidence: [
        ...[two, three].map(({ n, value, standardError }) =>
          weigh({
            name: `P(all eigenvalues positive), n = ${n}`,
            measured: value,
            standardError,
            law: equals(EXACT[n]),
            rival: equals(2 ** -n),
            allowed: 3 * standardError,
          }),
        ),
        weigh({
          name: `−ln P/n², n = ${RARE}`,
          measured: rate,
          standardError: rare.standardError / rare.value / RARE ** 2,
          law: equals(RATE),
          rival: equals(Math.LN2 / RARE),
          allowed: RATE / 4,
        }),
      ],
      picture: {
        title: "The chance that all curvatures are positive",
        description: "P(all n eigenvalues positive) of a random symmetric matrix against its size.",
        x: { title: "n" },
        y: { title: "P", scale: "log" },
        law: [
          { name: "exact", x: [1, 2, 3], y: [EXACT[1], EXACT[2], EXACT[3]] },
          {
            name: "exp(−¼ ln 3 n²), as n grows",
            x: sizes.slice(3),
            y: sizes.slice(3).map((n) => Math.exp(-RATE * n * n)),
          },
        ],
        rival: [{ name: "2⁻ⁿ", x: sizes, y: sizes.map((n) => 2 ** -n) }],
        measured: [
          {
            name: "",
            x: found.map(({ n }) => n),
            y: found.map(({ value }) => value),
            error: found.map(({ standardError }) => standardError),
          },
        ],
      },
    };
  },
});

/** 1 where all eigenvalues of a draw are positive, else 0. */
function plainDraw(n: number, random: RandomStream): number {
  return isPositive(goe(n, random), n) ? 1 : 0;
}

/** Of the draws where P is small: scale and shift with which the weights vary least. */
const TILT = { scale: 0.65, shift: 0.8 };

/**
 * The same with more draws where it counts and the same expectation, by importance sampling: M = sH + cI in the place of H, with the
 * ratio of the densities for weight, s^(n(n+1)/2) exp(−(n/4)(tr M² − tr H²)).
 */
function tiltedDraw(n: number, random: RandomStream): number {
  const { scale, shift } = TILT;
  const matrix = goe(n, random);
  const before = squared(matrix);
  for (let i = 0; i < matrix.length; i++) matrix[i] *= scale;
  for (let i = 0; i < n; i++) matrix[i * n + i] += shift;
  const weight = scale ** ((n * (n + 1)) / 2) * Math.exp((-n / 4) * (squared(matrix) - before));
  return isPositive(matrix, n) ? weight : 0;
}

/** tr H². */
function squared(matrix: Float64Array): number {
  return matrix.reduce((sum, entry) => sum + entry * entry, 0);
}

/** Whether a symmetric matrix is positive definite: whether its Cholesky factor exists. It is overwritten. Cost: n³/3 flops. */
function isPositive(matrix: Float64Array, n: number): boolean {
  for (let j = 0; j < n; j++) {
    let pivot = matrix[j * n + j];
    for (let k = 0; k < j; k++) pivot -= matrix[j * n + k] ** 2;
    if (!(pivot > 0)) return false;
    const root = Math.sqrt(pivot);
    for (let i = j + 1; i < n; i++) {
      let sum = matrix[i * n + j];
      for (let k = 0; k < j; k++) sum -= matrix[i * n + k] * matrix[j * n + k];
      matrix[i * n + j] = sum / root;
    }
    matrix[j * n + j] = root;
  }
  return true;
}
