import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { goe } from "./goe.ts";

/** How far the share may be from the law. */
const NEAR = 0.005;

/** Share κ of the directions that are pushed up, and by how much β: the statement's condition holds in the last two, nearly in the one before. */
const SETTINGS = [
  { share: 0.3, beta: 1.5 },
  { share: 0.5, beta: 2 },
  { share: 0.5, beta: 5 },
  { share: 0.1, beta: 5 },
  { share: 0.01, beta: 5 },
  { share: 0.3, beta: 50 },
] as const;

export const spikedIndex = defineClaim({
  id: "B3",
  topic: "random-matrices",
  statement:
    "A random symmetric matrix with k directions of added positive curvature has (n − k)/2n of its eigenvalues negative.",
  says: "rival",
  law: "H = GOE + β UUᵀ, k = κn: 1 − Im[κ ln(ω − β) + (1 − κ) ln ω + ω²/2]/π, where ω³ − βω² + ω = (1 − κ)β, Im ω > 0",
  rival: "(1 − κ)/2",
  condition:
    "few directions (k/n → 0) or a large β: each direction takes arctan(β)/π of an eigenvalue from the negative ones, ½ as β → ∞",
  source: "Pastur 1972, equation for the sum of a GOE and a given matrix",
  why: "One thinks of the k directions as taken away, and of the others as a random matrix of n − k rows with half of its eigenvalues negative.",
  means:
    "Where a Gauss–Newton part of some rank is added to noise of the same size, more directions go down than counting the rest suggests.",
  breaks:
    "Noise that is no GOE, or that knows of the directions U, has other shares; the law itself is that of large n.",
  reading: [
    "Pastur, Theor. Math. Phys. 10, 67 (1972)",
    "Mingo & Speicher, Free Probability and Random Matrices (2017), chapter 3",
  ],
  parameters: z.object({
    n: z.int().min(100).max(4000).default(400).describe("rows"),
    draws: scaled(20, 5, "matrices of each setting"),
  }),
  parts: () => SETTINGS.length,
  found: z.object({ value: z.number(), standardError: z.number() }),
  measure({ n, draws }, part, { random }) {
    const { share, beta } = SETTINGS[part];
    const raised = Math.round(share * n);
    const shares = Float64Array.from({ length: draws }, () => {
      const matrix = goe(n, random);
      // The ensemble looks the same from all sides: U may be the first unit vectors.
      for (let i = 0; i < raised; i++) matrix[i * n + i] += beta;
      return symmetricEigen(matrix, n, false).values.filter((value) => value < 0).length / n;
    });
    const { value, standardError } = sampleMean(shares);
    return { value, standardError };
  },
  conclude(found, { n }) {
    const shares = Array.from({ length: 60 }, (_, i) => (i + 1) / 100);
    return {
      evidence: SETTINGS.map(({ share, beta }, i) =>
        weigh({
          name: `share of negative eigenvalues, k/n = ${share}, β = ${beta}, n = ${n}`,
          measured: found[i].value,
          standardError: found[i].standardError,
          law: equals(negativeShare(share, beta)),
          rival: equals((1 - share) / 2),
          allowed: NEAR,
        }),
      ),
      picture: {
        title: "Negative eigenvalues that are left beside added positive curvature",
        description:
          "Share of the eigenvalues that are negative against the share of the directions that were pushed up.",
        x: { title: "k/n" },
        y: { title: "share of negative eigenvalues" },
        law: [1.5, 2, 5, 50].map((beta) => ({
          name: `β = ${beta}`,
          x: shares,
          y: shares.map((share) => negativeShare(share, beta)),
        })),
        rival: [{ name: "", x: shares, y: shares.map((share) => (1 - share) / 2) }],
        measured: SETTINGS.map(({ share, beta }, i) => ({
          name: `β = ${beta}`,
          x: [share],
          y: [found[i].value],
          error: [found[i].standardError],
        })),
      },
    };
  },
});

/**
 * Share of the spectrum of GOE + β UUᵀ below 0, U of κn columns, as n → ∞. G(z) = ∫ρ(x)/(z − x) solves
 * G = κ/(z − β − G) + (1 − κ)/(z − G) (Pastur 1972). With ω = z − G the function κ ln(ω − β) + (1 − κ) ln ω + G²/2 has the derivative G
 * and goes like ln z: it is ∫ρ(x) ln(z − x), whose imaginary part at 0 is π times the share above 0. There ω = −G solves
 * ω³ − βω² + ω − (1 − κ)β = 0; where all three roots are real, 0 is in a gap of the spectrum, above which the κn are.
 */
function negativeShare(share: number, beta: number): number {
  const constant = (1 - share) * beta;
  const cubic = (w: number) => ((w - beta) * w + 1) * w - constant;
  let [low, high] = [0, beta + 1];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (cubic(middle) < 0) low = middle;
    else high = middle;
  }
  const real = (low + high) / 2;
  // The other two have the sum β − real and the product constant/real.
  const half = (beta - real) / 2;
  const square = constant / real - half * half;
  if (square <= 0) return 1 - share;
  const imaginary = Math.sqrt(square);
  const above =
    share * Math.atan2(imaginary, half - beta) + (1 - share) * Math.atan2(imaginary, half) + half * imaginary;
  return 1 - above / Math.PI;
}
