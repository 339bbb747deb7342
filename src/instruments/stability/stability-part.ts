import { z } from "zod";
import { about, aside, type Known, partOf, within } from "../../result/known.ts";
import { real } from "../../result/real.ts";

const sharpness = z.object({
  sharpness: aside(real).describe("λmax that the limits are made of."),
  sharpnessError: aside(real).nullable().default(null).describe("Its residual."),
});

/** A number that is as far off, in proportion, as λmax. */
function inProportion(value: number, whole: unknown): Known {
  const { sharpness: largest, sharpnessError: error = null } =
    partOf(whole, { stability: sharpness.nullable() })?.stability ?? {};
  return within(value, error === null || largest === undefined ? null : (value * error) / largest);
}

const limit = about(
  z.object({
    method: z.string(),
    formula: z.string(),
    stepSize: about(real, { title: "Largest stable step" }),
    note: z.string(),
  }),
  {
    key: "method",
    members: ({ stepSize }, whole) => ({ stepSize: inProportion(stepSize, whole) }),
  },
);

const stability = sharpness.extend({
  limits: z.array(limit),
  step: about(
    z.object({
      stepSize: aside(real),
      relative: about(real, { title: "Your step size over the limit" }).describe(
        "ηλmax/2: above 1, plain gradient descent is unstable here.",
      ),
    }),
    {
      members: ({ relative }, whole) => ({ relative: inProportion(relative, whole) }),
    },
  )
    .nullable()
    .describe("The user's own step size, where it was given."),
});

/** Step sizes at which methods are stable. */
export const stabilityPart = { stability: stability.nullable() };
