import { z } from "zod";
import { about, aside, between, within } from "../../result/known.ts";
import { eigenvalue, estimate } from "../../result/estimates.ts";
import { arrayReference } from "../../result/named-arrays.ts";
import { count, extended, real } from "../../result/real.ts";
import { losses } from "../losses.ts";
import { quadraticPart } from "../quadratic.ts";

/** Directions of a plane. */
export const AXES = 2;

const mark = z.object({
  name: z.string(),
  x: real.describe("Coordinates of the nearest point of the plane."),
  y: real,
  outside: real.describe("How far the weights are from it."),
});

const part = z.object({ value: real, lower: extended, upper: extended });

/** A share with the range in which it lies; its bounds are those of what it is a share of. */
const share = about(part, { known: ({ value, lower, upper }) => between(value, { lower, upper }) });

const rows = z.array(z.array(real.nullable()));

const plane = z.object({
  axes: z.array(z.string()).describe("What the coordinates are."),
  lengths: z.array(real).describe("‖v‖ of each axis: the distance that 1 stands for."),
  cosine: real.describe("Of the angle between the axes."),
  loss: rows.describe("L at each point, rows follow y; NaN or ±∞ where it is that, null where it was not measured."),
  accuracy: rows.nullable(),
  test: losses.nullable().describe("On held-out examples, flat: row after row."),
  quadratic: quadraticPart,
  share: z.object({
    trace: share.nullable().describe("tr PHP / tr H, P the projection onto the plane; null where it was not measured."),
    top: share
      .nullable()
      .describe(
        "Σ λᵢ ‖P uᵢ‖² / Σ λᵢ over the `leading` largest eigenvalues; null where they were not measured, are not positive, or their space is not told apart from what follows.",
      ),
  }),
  marks: z.array(mark).describe("Weights of files, where they lie."),
  notes: z.array(z.string()),
});

const found = z.object({
  plane: z.string().describe("As it was asked for."),
  normalization: z.string(),
  orthogonal: z.boolean(),
  x: aside(z.array(real)).describe("Coordinates along the first axis, ascending, 0 among them."),
  y: aside(z.array(real)),
  centre: aside(z.object({ x: count, y: count })).describe("Places of 0."),
  home: about(real, { title: "Loss" }).describe("L where both coordinates are 0."),
  rounding: aside(real).describe("What rounding leaves of it."),
  gradientNorm: about(real, { title: "Length of the gradient" }),
  trace: about(estimate, { title: "Trace of H" }).nullable(),
  top: z.array(about(eigenvalue, { title: "Largest eigenvalue of H" })).nullable(),
  leading: aside(count)
    .nullable()
    .default(null)
    .describe(
      "How many of the largest eigenvalues count: as many as asked for, up to the last that is told apart from the next.",
    ),
  topConverged: aside(z.boolean())
    .nullable()
    .default(null)
    .describe("Whether the search for the largest eigenvalues reached its tolerance: else there may be larger ones."),
  share: z
    .object({ trace: share.nullable(), top: share.nullable() })
    .describe("Of the first plane: what of the curvature lies in it."),
  planes: aside(z.array(plane)).describe("One for each seed of the directions."),
  spread: aside(z.object({ lowest: real, highest: real, mean: real, deviation: real }))
    .nullable()
    .describe("Mean curvature ½ tr PHP of the planes; null for one."),
  dimension: aside(count),
  loss: aside(arrayReference).describe("Loss of the first plane, rows follow y; NaN where it was not measured."),
  quadratic: aside(arrayReference).describe("L + gᵀΔ + ½ ΔᵀHΔ at the same points."),
  measured: aside(count).describe("Points that were measured, of all planes."),
  points: aside(count),
  products: aside(count),
});

/** The loss over a plane through the weights. */
export const surfaceResult = about(found, { members: ({ home, rounding }) => ({ home: within(home, rounding) }) });

export type SurfaceResult = z.output<typeof surfaceResult>;
export type PlaneResult = SurfaceResult["planes"][number];
