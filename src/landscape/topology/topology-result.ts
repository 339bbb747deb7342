import { z } from "zod";
import { about, aside } from "../../result/known.ts";
import { arrayReference } from "../../result/named-arrays.ts";
import { count, real } from "../../result/real.ts";

const place = z.array(real).describe("Where it is: the position along every axis, in the order of `axes`.");

const minimum = z.object({
  at: place,
  edge: z.boolean().describe("Whether it lies on the edge of what was sampled: beyond it the loss may go on falling."),
  birth: real.describe("The loss there."),
  death: real
    .nullable()
    .describe("The loss at which its basin meets that of a lower minimum; null where it never does."),
  diagonal: real
    .nullable()
    .describe(
      "The same where samples that touch at a corner are neighbours, too, on a grid: what the two differ by, the grid leaves open. `birth` where it is no minimum then; null where it never meets a lower one.",
    ),
  saddle: place.nullable().describe("Where they meet."),
  elder: count.nullable().describe("The minimum that it then belongs to, by its place in this list."),
  below: count.describe("Samples of its basin below that level."),
  resolved: z.boolean().describe("Whether its bar is longer than the rounding of the losses at both ends."),
});

const loop = z.object({
  birth: real.describe("The loss at which a ring closes around higher ground."),
  death: real.nullable().describe("The loss of the top within; null where it is never filled."),
  bornAt: place,
  diesAt: place.nullable(),
  resolved: z.boolean(),
});

const basin = z.object({
  minimum: count.describe("By its place in `minima`."),
  points: count.describe("Samples from which steps to the lowest neighbour lead to it, or to one that it swallows."),
  share: real.describe("Of all samples that have a loss."),
});

const sampled = z.object({
  name: z.string().describe("What was sampled, and of which run where there are several."),
  axes: z
    .array(z.object({ name: z.string(), values: z.array(real) }))
    .describe("The grid, the slowest axis first; empty where the samples are no grid."),
  neighbours: z.string().describe("Which samples are neighbours, in words."),
  points: aside(count).describe("Samples."),
  cutShort: aside(
    z.object({
      points: count.describe("Points of the grid that was to be measured."),
      measured: count.describe("Those that were."),
      stride: count.describe(
        "Along each axis, the step of the finest grid of them that is complete, in steps of the whole one.",
      ),
    }),
  )
    .nullable()
    .describe("Where a run was cut short: what is found is of a coarser grid, that every point of is measured."),
  absent: aside(count).describe("Samples without a finite loss: they are in no sublevel set."),
  lowest: about(real, { title: "Lowest loss" }).nullable(),
  highest: about(real, { title: "Highest loss" }).nullable(),
  rounding: aside(real).describe("What rounding leaves of the loss at the weights, and in proportion of a larger one."),
  threshold: aside(real).describe(
    "Basins are those whose bar is longer than this and than the rounding at its ends, also where samples that touch at a corner are neighbours.",
  ),
  minima: aside(z.array(minimum)).describe("All bars of dimension 0: from the lowest up, an elder before the younger."),
  loops: aside(z.array(loop)).nullable().describe("All bars of dimension 1, in a plane; null elsewhere."),
  basins: aside(z.array(basin)).describe("From the lowest up."),
  meetings: aside(z.array(z.object({ basins: z.tuple([count, count]), level: real.nullable() }))).describe(
    "The loss that a path between two basins must climb to at least; null where none joins them. Of the deepest ones.",
  ),
  euler: aside(z.object({ levels: count, differing: count }))
    .nullable()
    .describe("At how many levels the cells of the sublevel set, counted with signs, are not what the bars say."),
  drawn: aside(
    z.object({
      stride: z.array(count).describe("Of the samples along each axis, every so many are drawn."),
      values: z.array(real.nullable()),
      basins: z.array(z.int().min(-1)).describe("The basin of each; −1 for none."),
    }),
  )
    .nullable()
    .describe("What a figure of the basins needs; null where the samples are no line and no plane."),
  labels: arrayReference.nullable().describe("The basin of every sample, −1 for none."),
});

export type SampledTopology = z.output<typeof sampled>;

const apart = z.object({
  between: z.tuple([z.string(), z.string()]),
  components: real
    .nullable()
    .describe("Bottleneck distance of the bars of dimension 0; null where there are too many."),
  loops: real.nullable().describe("Of those of dimension 1; null where there are none or too many."),
  largestDifference: real
    .nullable()
    .describe("The largest difference of the two losses, which no distance exceeds; null on different grids."),
});

/** What is found of sampled losses. */
export const topologyResult = z.object({
  functions: z.array(about(sampled, { key: "name" })),
  distances: aside(z.array(apart)).describe("How far the diagrams of every two functions are apart."),
});

export type TopologyResult = z.output<typeof topologyResult>;
