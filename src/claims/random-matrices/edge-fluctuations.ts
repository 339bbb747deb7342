import { z } from "zod";
import { largestTridiagonal } from "../../linalg/largest-tridiagonal.ts";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { logGamma } from "../../linalg/special-functions.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { goeTridiagonal } from "./goe-tridiagonal.ts";

/** Mean and variance of the Tracy–Widom law of β = 1 by its Fredholm determinant (Bornemann 2010). */
const TRACY_WIDOM = { mean: -1.206534, variance: 1.607781 };

/** E Sᵏ of P(S > s) = exp(−(2/3π) s^1.5): the gap below the edge of independent eigenvalues of the semicircle. */
const independentMoment = (k: number) => (1.5 * Math.PI) ** ((2 * k) / 3) * Math.exp(logGamma(1 + (2 * k) / 3));

/** Leading rows of the tridiagonal matrix that are looked at, relative to n^⅓: what is left out changes nothing that is seen. */
const REACH = 10;

export const edgeFluctuations = defineClaim({
  id: "B16",
  topic: "random-matrices",
  statement: "The largest eigenvalue of a random symmetric matrix lies at the edge of the bulk, within n^(−2/3).",
  says: "law",
  law: "n^⅔(λ_max − 2) has the law of Tracy and Widom for β = 1: mean −1.20653, variance 1.60778",
  rival:
    "eigenvalues that do not know of each other: P(n^⅔(2 − λ_max) > s) = exp(−(2/3π) s^1.5), mean −2.538, variance 2.97",
  source: "Tracy & Widom 1996; Bornemann 2010 for the digits",
  why: "Near its end the semicircle holds about one eigenvalue within n^(−2/3).",
  means: "How far a largest curvature must stand off a bulk to be more than chance: a few n^(−2/3) of half its width.",
  breaks:
    "At n = 500 the mean is still lower by 0.06, and entries with heavy tails have outliers of their own (Soshnikov 2004).",
  reading: [
    "Tracy & Widom, Commun. Math. Phys. 177, 727 (1996)",
    "Bornemann, Markov Process. Relat. Fields 16, 803 (2010)",
  ],
  parameters: z.object({
    n: z.int().min(100).max(1_000_000).default(500).describe("rows"),
    draws: scaled(200_000, 20_000, "matrices"),
  }),
  found: z.object({ mean: moment(), variance: moment(), share: z.array(z.number()) }),
  measure({ n, draws }, _part, { random }) {
    const rows = Math.min(n, Math.ceil(REACH * Math.cbrt(n)));
    const values = Float64Array.from({ length: draws }, () => {
      const { diagonal, offDiagonal } = goeTridiagonal(n, random, rows);
      return Math.cbrt(n) ** 2 * (largestTridiagonal(diagonal, offDiagonal) - 2);
    });
    const mean = sampleMean(values);
    return {
      mean: { ...mean },
      variance: { ...sampleMean(values.map((value) => (value - mean.value) ** 2)) },
      share: MIDDLES.map((middle) => values.filter((value) => Math.abs(value - middle) < 0.1).length / draws),
    };
  },
  conclude([{ mean, variance, share }], { n }) {
    const independent = independentMoment(1);
    return {
      evidence: [
        weigh({
          name: `mean of n^⅔(λ_max − 2), n = ${n}`,
          measured: mean.value,
          standardError: mean.standardError,
          law: equals(TRACY_WIDOM.mean),
          rival: equals(-independent),
          allowed: 0.08,
        }),
        weigh({
          name: "its variance",
          measured: variance.value,
          standardError: variance.standardError,
          law: equals(TRACY_WIDOM.variance),
          rival: equals(independentMoment(2) - independent ** 2),
          allowed: 0.1,
        }),
      ],
      picture: {
        title: `The largest eigenvalue of random symmetric matrices of ${n} rows`,
        description:
          "Its distance from the edge of the bulk; the law is drawn as a gamma law with its mean, variance and skewness.",
        x: { title: "n^⅔ (λ_max − 2)" },
        y: { title: "density" },
        law: [{ name: "Tracy–Widom", x: MIDDLES, y: MIDDLES.map(tracyWidomDensity) }],
        rival: [
          {
            name: "independent eigenvalues",
            x: MIDDLES,
            y: MIDDLES.map((x) =>
              x < 0 ? (Math.sqrt(-x) / Math.PI) * Math.exp((-2 * (-x) ** 1.5) / (3 * Math.PI)) : 0,
            ),
          },
        ],
        measured: [{ name: "", x: MIDDLES, y: share.map((each) => 5 * each) }],
      },
    };
  },
});

function moment() {
  return z.object({ value: z.number(), standardError: z.number() });
}

/** Bins of the picture, a fifth wide. */
const MIDDLES = Array.from({ length: 50 }, (_, k) => -5.9 + k / 5);

/** A gamma law with the first three moments of Tracy's and Widom's: off by less than a percent of the largest density (Chiani 2014). */
function tracyWidomDensity(x: number): number {
  const skewness = 0.293464;
  const shape = 4 / skewness ** 2;
  const size = Math.sqrt(TRACY_WIDOM.variance / shape);
  const t = (x - TRACY_WIDOM.mean) / size + shape;
  return t > 0 ? Math.exp((shape - 1) * Math.log(t) - t - logGamma(shape)) / size : 0;
}
