import { z } from "zod";
import { about, aside, within } from "../../result/known.ts";
import { arrayReference } from "../../result/named-arrays.ts";
import { count, real } from "../../result/real.ts";
import { KINDS } from "./classify.ts";
import { ENDS } from "./search.ts";

const kind = z.enum(KINDS.map(({ name }) => name));

/** Critical points of one loss and one number of negative and of positive curvatures. */
export const criticalClass = about(
  z.object({
    name: z.string().describe("Kind, index and loss: classes of two runs are the same where these are."),
    kind,
    loss: real.describe("Of the point whose gradient is smallest."),
    lossError: real,
    index: count.describe("Negative curvatures."),
    positive: count,
    flat: count.describe("Curvatures that cannot be told from 0."),
    symmetric: count.describe("Dimensions along which a symmetry of the network goes; so many curvatures must be 0."),
    zero: real.describe("|λ| up to here cannot be told from 0, at the point where that is most."),
    leastCurvature: real.nullable().describe("The smallest |λ| beyond it; null where all are 0."),
    found: count.describe("Searches that ended there."),
    distinct: count.describe("Points that no symmetry of the network takes into each other, as far as one was found."),
    distinctIsLeast: z.boolean().describe("Whether there were too many to compare: so many at least."),
  }),
  {
    known: ({ loss, lossError }) => within(loss, lossError),
    key: "name",
  },
);

/** Critical points of a loss. */
export const criticalResult = z.object({
  dimension: aside(count).describe("Weights."),
  from: z.string().describe("Where searches started, as it was asked for."),
  starts: aside(count).describe("Searches that were asked for."),
  searched: aside(count).describe("Searches that were done."),
  method: z.string(),
  tolerance: aside(real),
  mostSteps: aside(count),
  ends: aside(z.array(z.object({ end: z.enum(ENDS.map(({ name }) => name)), count }))),
  medianSteps: aside(real.nullable()).describe("Of the searches that ended at a critical point."),
  classes: aside(z.array(criticalClass)).describe("By loss."),
  kinds: z.array(
    // Both hang on where searches happened to start: they are counts of what was drawn.
    about(z.object({ kind, found: count, classes: count }), { key: "kind" }),
  ),
  rankCorrelation: aside(real.nullable()).describe(
    "Spearman's, of loss and index over the classes; null where one of them is the same everywhere.",
  ),
  points: aside(
    z.object({
      start: z.array(count),
      class: z.array(count).describe("Its place among the classes, from 0."),
      loss: z.array(real),
      index: z.array(count),
      gradientNorm: z.array(real),
      relativeGradient: z.array(real).describe("Relative to that at the start of the search."),
    }),
  ).describe("Every critical point that was found, one for each search that ended there."),
  weights: arrayReference.nullable().describe("[points, weights]; null where there are none, or too many."),
  eigenvalues: arrayReference.nullable().describe("All curvatures, ascending: [points, weights]."),
});

export type CriticalResult = z.output<typeof criticalResult>;
export type CriticalClass = z.output<typeof criticalClass>;
