import { z } from "zod";
import { about, aside, within } from "../../result/known.ts";
import { count, real } from "../../result/real.ts";
import { estimatedLosses } from "../losses.ts";
import { quadraticPart } from "../quadratic.ts";

const mark = z.object({
  name: z.string(),
  at: real.describe("Coordinate of the nearest point of the line."),
  outside: real.describe("How far the weights are from it."),
});

const found = z.object({
  direction: z.string().describe("As it was asked for."),
  title: z.string().describe("What the coordinate is."),
  normalization: z.string(),
  length: aside(real).describe("‖v‖: the distance that 1 on the axis stands for."),
  x: aside(z.array(real)).describe("Coordinates t, ascending: i · step, 0 among them."),
  loss: aside(z.array(real.nullable())).describe(
    "L(θ + t v); NaN or ±∞ where it is that, null where it was not measured.",
  ),
  accuracy: aside(z.array(real.nullable())).nullable().describe("Share of right predictions."),
  standardError: aside(z.array(real.nullable()))
    .nullable()
    .default(null)
    .describe(
      "Standard error of L over the draw of the examples: what the loss of other data of the same size scatters by; null where examples have no loss of their own, or where it was not measured.",
    ),
  test: aside(estimatedLosses).nullable().describe("The same on held-out examples."),
  centre: aside(count).describe("Place of t = 0."),
  home: about(real, { title: "Loss" }).describe("L(θ)."),
  rounding: aside(real).describe("What rounding leaves of L(θ)."),
  gradientNorm: about(real, { title: "Length of the gradient" }),
  quadratic: quadraticPart.extend({ values: aside(z.array(real)).describe("L + gᵀv t + ½ vᵀHv t².") }),
  marks: aside(z.array(mark)).describe("Weights of files, where they lie."),
  notes: z.array(z.string()),
  measured: aside(count).describe("Points that were measured."),
  products: aside(count),
});

/** The loss along a line through the weights. */
export const lineResult = about(found, { members: ({ home, rounding }) => ({ home: within(home, rounding) }) });

export type LineResult = z.output<typeof lineResult>;
