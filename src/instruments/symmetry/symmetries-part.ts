import { z } from "zod";
import { about, aside, atLeast, counted } from "../../result/known.ts";
import { count, real } from "../../result/real.ts";

const symmetryNumbers = z.object({
  found: aside(
    z.array(
      z.object({
        kind: z.string(),
        title: z.string(),
        tensors: z.array(z.string()),
        continuous: z.boolean(),
        count: count.describe("Number of independent flat directions (continuous) or of generators (discrete)."),
        verified: z.boolean(),
        lossChange: real.describe("Relative change of the loss under one group element."),
        gradientAlongTangent: real
          .nullable()
          .describe("|gᵀt| / (‖g‖‖t‖) for the direction t of the orbit; 0 up to rounding."),
        curvatureAlongTangent: real.nullable().describe("‖Ht‖ / (λmax‖t‖)."),
        identityError: real
          .nullable()
          .describe(
            "‖Ht + Dg‖ / (λmax‖t‖), t = Dθ: the symmetry makes it 0 up to rounding at every point, critical or not.",
          ),
      }),
    ),
  ),
  flatDirections: about(count, { title: "Exactly flat directions" }).describe(
    "Independent directions that verified continuous symmetries leave exactly flat.",
  ),
  flatDirectionsAreBound: z
    .boolean()
    .nullable()
    .default(null)
    .describe("Whether there are so many that only those of symmetries without a common tensor were counted."),
  l2: real
    .nullable()
    .default(null)
    .describe(
      "λ of an added λ/2·‖θ‖², which no scaling and no shift leaves alone: what is flat is the loss without it.",
    ),
});

/** Changes of the weights that leave the loss alone. */
export const symmetriesPart = {
  symmetries: about(symmetryNumbers, {
    members: ({ flatDirections, flatDirectionsAreBound }) => ({
      flatDirections: flatDirectionsAreBound === true ? atLeast(flatDirections) : counted(flatDirections),
    }),
  }).nullable(),
};

export type SymmetryPart = z.output<typeof symmetryNumbers>;
