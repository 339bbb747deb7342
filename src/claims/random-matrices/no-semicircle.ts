import { z } from "zod";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atLeast, atMost, weigh } from "../claim/evidence.ts";
import { bestSemicircle, equalSemicircle } from "./best-semicircle.ts";
import { onBlobs } from "./blob-network.ts";
import { goe, semicircleBelow } from "./goe.ts";
import { networkCurvatures } from "./network-curvatures.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

/** Three classes that stand apart, six that overlap. */
const BLOBS = [
  { classes: 3, apart: 4, lr: 0.4, steps: 100 },
  { classes: 6, apart: 1.5, lr: 0.4, steps: 100 },
] as const;
/** Distances from a semicircle: beyond the first it is none, nor beyond the second where that may be of any centre and radius; below the last it may be one. */
const [FAR, APART, NEAR] = [0.2, 0.1, 0.05];

export const noSemicircle = defineClaim({
  id: "B15",
  topic: "random-matrices",
  statement: "That losses of networks are like spin glasses is an intuition, and no law of trained networks.",
  says: "law",
  law: "the curvatures of a trained network are more than 0.2 (Kolmogorov–Smirnov) away from the semicircle of their mean and variance, and more than 0.1 from every semicircle",
  rival:
    "Hessians as at critical points of a spin glass: a shifted semicircle, to within 0.05, as GOE matrices of that size have",
  source: "Choromanska, Henaff, Mathieu, Ben Arous & LeCun 2015, whose assumptions of independence are put to the test",
  why: "The mapping assumes inputs and paths that are independent of each other, which those of a network are not.",
  means:
    "Figures that are derived from spin glasses, such as how many minima lie where, are not those of a network at hand.",
  breaks:
    "A narrow semicircle about 0 covers the bulk of the curvatures and misses the outliers alone, so that the nearest of all is nearer than the one of equal mean and variance. Networks at random weights are further from a semicircle than the bounds, too: that training makes the curvatures depend on each other does not follow from this. Wide networks at random weights are nearer to random matrices than trained ones, though their parts are not independent either.",
  reading: [
    "Choromanska, Henaff, Mathieu, Ben Arous & LeCun, AISTATS (2015)",
    "Choromanska, LeCun & Ben Arous, COLT (2015), open problem",
  ],
  parameters: z.object({ networks: scaled(6, 1, "networks of each kind") }),
  parts: ({ networks }) => BLOBS.length * networks,
  found: z.object({ values: z.array(z.number()), control: z.number() }),
  measure: (_options, part, desk) =>
    onBlobs({ ...BLOBS[part % BLOBS.length], seed: part }, desk, async (problem, end) => {
      const { values } = await networkCurvatures(problem, end, desk.context);
      const n = values.length;
      const { values: chance } = symmetricEigen(goe(n, desk.random), n, false);
      return { values: [...values], control: equalSemicircle(chance).distance };
    }),
  conclude(all) {
    const spectra = all.map(({ values }) => Float64Array.from(values));
    const [equal, best] = [spectra.map(equalSemicircle), spectra.map(bestSemicircle)];
    const least = (fits: typeof best, k: number) =>
      minOf(fits.filter((_, i) => i % BLOBS.length === k).map(({ distance }) => distance));
    const [{ values }] = all;
    const semicircles = [
      { name: "of that mean and variance", ...equal[0] },
      { name: "the nearest", ...best[0] },
    ];
    const networks = all.length / BLOBS.length;
    return {
      evidence: [
        ...BLOBS.map(({ classes }, k) =>
          weigh({
            name: `distance of the curvatures from the semicircle of their mean and variance, the least of ${networks} trained on ${classes} classes`,
            measured: least(equal, k),
            law: atLeast(FAR),
            rival: atMost(NEAR),
          }),
        ),
        ...BLOBS.map(({ classes }, k) =>
          weigh({
            name: `distance from the nearest semicircle, the same, ${classes} classes`,
            measured: least(best, k),
            law: atLeast(APART),
            rival: atMost(NEAR),
          }),
        ),
        weigh({
          name: "distance of the eigenvalues of GOE matrices of as many rows from the semicircle of their mean and variance, the largest",
          measured: maxOf(all.map(({ control }) => control)),
          law: atMost(NEAR),
        }),
      ],
      picture: {
        title: "Curvatures of a trained network beside semicircles",
        description: "Share of the curvatures of the first network that lie below.",
        x: { title: "curvature" },
        y: { title: "share below" },
        law: [],
        rival: semicircles.map(({ name, centre, radius }) => ({
          name,
          x: values,
          y: values.map((t) => semicircleBelow((2 * (t - centre)) / radius)),
        })),
        measured: [{ name: "", x: values, y: values.map((_, i) => (i + 1) / values.length), as: "steps" }],
      },
    };
  },
  network: {
    measures: "how far its curvatures are from the semicircle of their mean and variance",
    async measure({ problem }, { context }) {
      const precise = problem.inFloat64 ?? problem;
      const { values } = await networkCurvatures(precise, precise.point.parameters, context);
      return {
        evidence: [
          weigh({
            name: `distance of ${values.length} curvatures from the semicircle of their mean and variance`,
            measured: equalSemicircle(values).distance,
            law: atLeast(FAR),
            rival: atMost(NEAR),
          }),
        ],
        picture: null,
      };
    },
  },
});
