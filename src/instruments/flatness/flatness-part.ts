import { z } from "zod";
import { NOT_CONVERGED } from "../../result/estimates.ts";
import { about, aside, atLeast, deviating, doubted, settled, within } from "../../result/known.ts";
import { real } from "../../result/real.ts";

const measureNumbers = z.object({
  name: z.string(),
  title: z.string(),
  value: real,
  standardError: real.nullable(),
  error: real
    .nullable()
    .default(null)
    .describe("How far off the value may be: the residual of an eigenvalue, a standard error; null for a bound."),
  bound: z.enum(["value", "lower bound"]).describe("An ascent finds a lower bound of a maximum."),
  definition: z.string(),
  predicted: real.nullable().describe("What the measured gradient and curvature predict for it, to second order."),
  converged: z.boolean(),
});

const movingMeasure = about(measureNumbers, {
  title: "Flatness",
  known: ({ value, standardError, error, bound, definition, converged }) => {
    const known =
      bound === "lower bound" ? atLeast(value) : standardError ? deviating(value, standardError) : within(value, error);
    return settled({ ...doubted(known, converged ? undefined : NOT_CONVERGED), meaning: definition });
  },
});

const flatnessNumbers = z.object({
  measures: z.array(movingMeasure),
  rescalings: aside(
    z.array(
      z.object({
        symmetry: z.string(),
        factor: real,
        lossChange: real.describe("Relative change of the loss: rounding, if the symmetry is exact."),
        values: z.array(
          z.object({
            name: z.string(),
            value: real,
            error: real.nullable().default(null).describe("As of the measure itself."),
            ratio: real.nullable().describe("Over the value at the given weights; null where that is zero."),
            ratioError: real
              .nullable()
              .default(null)
              .describe(
                "How far off the ratio may be; null where both are lower bounds, whose ratio has no error to state.",
              ),
          }),
        ),
      }),
    ),
  ),
  invariant: z
    .array(z.string())
    .describe("Measures that moved by less than a tenth in every rescaling, twice their error included."),
});

/** What is called flatness, here and at rescaled weights. */
export const flatnessPart = { flatness: flatnessNumbers.nullable() };

export type FlatnessPart = z.output<typeof flatnessNumbers>;
