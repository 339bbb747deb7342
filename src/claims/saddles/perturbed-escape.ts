import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import { perturbedGradientDescent } from "../../optimizers/perturbed-gradient-descent.ts";
import { saddle } from "../../toys/saddle.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { stepsUntil } from "../walks.ts";

const LR = 0.5;
/** Of the ball that the nudge is drawn from; walks end at distance 1. */
const RADIUS = 1e-6;
/** Steps after which gradient descent without a nudge is no longer watched. */
const PATIENCE = 10_000;

/**
 * E ln(1/|y|)/ln(1+η) for the last coordinate y of a uniform point of a ball of even dimension d: E ln‖x‖ = ln r − 1/d, and of
 * a unit vector E ln|u| = ½(ψ(½) − ψ(d/2)) = −ln 2 − ½(1 + ½ + … + 1/(d/2 − 1)).
 */
function meanSteps(d: number): number {
  let harmonic = 0;
  for (let k = d / 2 - 1; k >= 1; k--) harmonic += 1 / k;
  return (Math.log(1 / RADIUS) + 1 / d + Math.LN2 + harmonic / 2) / Math.log(1 + LR);
}

const dimensions = (largest: number) => [10, 100, 1000, 10_000].filter((d) => d <= largest);

export const perturbedEscape = defineClaim({
  id: "C7",
  topic: "saddles",
  statement:
    "Gradient descent that is nudged at random leaves strict saddles in a time that hardly depends on the dimension.",
  says: "law",
  law: "from a ball of radius r in d dimensions [ln(√d/r) + ½(γ_E + ln 2)]/ln(1 + ηγ) steps on the mean as d grows: ½/ln(1 + ηγ) more for each e-fold of d",
  rival: "a nudge has only 1/√d of its length along the way down, so that the time grows with √d",
  source: "Jin et al. 2017, theorem 3; the mean is that of ln|y| in a ball",
  why: "At the saddle itself descent stands still; a random step has almost surely some part along the way down, and that part grows at a constant rate.",
  means:
    "The number of parameters enters through its logarithm alone: a single way down among ten thousand dimensions is found nearly as soon as among ten.",
  breaks:
    "At saddles without negative curvature the part along the way down does not grow at a constant rate (claim C10); a radius below the rounding of the weights is no nudge.",
  reading: ["Ge, Huang, Jin & Yuan, COLT (2015)", "Jin, Ge, Netrapalli, Kakade & Jordan, ICML (2017)"],
  parameters: z.object({
    walks: z.int().min(2).max(100_000).default(2000).describe("walks in each dimension"),
    largest: scaled(10_000, 100, "dimensions at most, of 10, 100, 1000 and 10 000"),
  }),
  parts: ({ largest }) => dimensions(largest).length,
  found: z.object({ steps: z.number(), standardError: z.number(), plain: z.boolean() }),
  measure({ walks, largest }, part, { random }) {
    const on = saddle.with({ n: dimensions(largest)[part] });
    const from = new Float64Array(on.dimension);
    const by = perturbedGradientDescent.with({ lr: LR, radius: RADIUS, threshold: 0, interval: 100_000 });
    const counts = Float64Array.from({ length: walks }, (_, i) =>
      stepsUntil({ on, by, from, random: random.split(String(i)) }, on.goal.isReached),
    );
    const { value, standardError } = sampleMean(counts);
    const plain = stepsUntil({ on, by: gradientDescent.with({ lr: LR }), from }, on.goal.isReached, PATIENCE);
    // Counted in whole steps: half a step more on the mean.
    return { steps: value - 1 / 2, standardError, plain: !Number.isNaN(plain) };
  },
  conclude(found, { largest }) {
    const all = dimensions(largest);
    const first = meanSteps(all[0]);
    const root = (d: number) => first * Math.sqrt(d / all[0]);
    const last = all.length - 1;
    const fine = Array.from({ length: 13 }, (_, i) => 2 * Math.round(5 * 10 ** (i / 4))).filter((d) => d <= all[last]);
    const rise = Math.log(all[last] / all[0]);
    const riseError = Math.hypot(found[0].standardError, found[last].standardError) / rise;
    return {
      evidence: [
        ...all
          .map((d, i) =>
            weigh({
              name: `mean steps from the saddle to distance 1, d = ${d}, r = ${RADIUS}, η = ${LR}, γ = 1`,
              measured: found[i].steps,
              standardError: found[i].standardError,
              law: equals(meanSteps(d)),
              rival: equals(root(d)),
              allowed: 0.005 * meanSteps(d),
            }),
          )
          .toReversed(),
        weigh({
          name: `steps more for each e-fold of d, from ${all[0]} to ${all[last]}`,
          measured: (found[last].steps - found[0].steps) / rise,
          standardError: riseError,
          law: equals((meanSteps(all[last]) - first) / rise),
          rival: equals((root(all[last]) - first) / rise),
          allowed: 3 * riseError,
        }),
        weigh({
          name: `walks without a nudge that leave the saddle in ${PATIENCE} steps`,
          measured: found.filter(({ plain }) => plain).length,
          law: equals(0),
        }),
      ],
      picture: {
        title: "Leaving a saddle of many dimensions by a nudge",
        description:
          "Mean number of steps of perturbed gradient descent from a saddle with one way down against the dimension.",
        x: { title: "d", scale: "log" },
        y: { title: "steps", scale: "log" },
        law: [{ name: "", x: fine, y: fine.map(meanSteps) }],
        rival: [{ name: "∝ √d", x: fine, y: fine.map(root) }],
        measured: [
          {
            name: "",
            x: all,
            y: found.map(({ steps }) => steps),
            error: found.map(({ standardError }) => standardError),
          },
        ],
      },
    };
  },
});
