import { sampleMean } from "../../linalg/sample-mean.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { Conclusion } from "../claim/define-claim.ts";
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

/** Sizes of the matrices, one a part. */
const SIZES = [2, 3, RARE];

/** Parts that a claim on the chance of one sign is measured in. */
export const PARTS = SIZES.length;

/** Which sign all eigenvalues are to have. */
export type Sign = "positive" | "negative";

/** A chance as it was sampled. */
interface Chance {
  readonly n: number;
  readonly value: number;
  readonly standardError: number;
}

/** P(all eigenvalues of a matrix of the GOE have one sign), of the size of a part, by as many draws. */
export function sampleOneSign(sign: Sign, part: number, draws: number, random: RandomStream): Chance {
  const n = SIZES[part];
  const of = n === RARE ? tiltedDraw : plainDraw;
  const { value, standardError } = sampleMean(Float64Array.from({ length: draws }, () => of(n, sign, random)));
  return { n, value, standardError };
}

/** What the parts found beside the law of Dean & Majumdar (2006) and beside independent coins. */
export function concludeOneSign(sign: Sign, found: readonly Chance[]): Conclusion {
  const [two, three, rare] = found;
  const rate = -Math.log(rare.value) / RARE ** 2;
  const sizes = Array.from({ length: RARE }, (_, i) => i + 1);
  return {
    evidence: [
      ...[two, three].map(({ n, value, standardError }) =>
        weigh({
          name: `P(all eigenvalues ${sign}), n = ${n}`,
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
      title: `The chance that all curvatures are ${sign}`,
      description: `P(all n eigenvalues ${sign}) of a random symmetric matrix against its size.`,
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
}

/** 1 where all eigenvalues of a draw have the sign, else 0. */
function plainDraw(n: number, sign: Sign, random: RandomStream): number {
  return isDefinite(goe(n, random), n, sign) ? 1 : 0;
}

/** Of the draws where P is small: scale and shift with which the weights vary least. */
const TILT = { scale: 0.65, shift: 0.8 };

/**
 * The same with more draws where it counts and the same expectation, by importance sampling: M = sH ± cI in the place of H, with the
 * ratio of the densities for weight, s^(n(n+1)/2) exp(−(n/4)(tr M² − tr H²)).
 */
function tiltedDraw(n: number, sign: Sign, random: RandomStream): number {
  const { scale, shift } = TILT;
  const matrix = goe(n, random);
  const before = squared(matrix);
  for (let i = 0; i < matrix.length; i++) matrix[i] *= scale;
  for (let i = 0; i < n; i++) matrix[i * n + i] += sign === "positive" ? shift : -shift;
  const weight = scale ** ((n * (n + 1)) / 2) * Math.exp((-n / 4) * (squared(matrix) - before));
  return isDefinite(matrix, n, sign) ? weight : 0;
}

/** tr H². */
function squared(matrix: Float64Array): number {
  return matrix.reduce((sum, entry) => sum + entry * entry, 0);
}

/** Whether all eigenvalues of a symmetric matrix have a sign: whether ±H has a Cholesky factor. It is overwritten. Cost: n³/3 flops. */
function isDefinite(matrix: Float64Array, n: number, sign: Sign): boolean {
  if (sign === "negative") for (let i = 0; i < matrix.length; i++) matrix[i] = -matrix[i];
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
