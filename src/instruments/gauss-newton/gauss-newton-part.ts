import { z } from "zod";
import { eigenvalue, estimate, inPlace, limitOfSearch } from "../../result/estimates.ts";
import { about } from "../../result/known.ts";
import { real } from "../../result/real.ts";

/*
 * Of the other matrices no result notes how far the search for missed eigenvalues came: what is compared is what was
 * found, which its title says, with the margin that such searches have.
 */

const gaussNewtonNumbers = z.object({
  top: z.array(about(eigenvalue, { title: "Largest found of G" })).nullable(),
  trace: about(estimate, { title: "Trace of G" }).nullable(),
});

/** The Gauss–Newton matrix. */
export const gaussNewtonPart = {
  gaussNewton: about(gaussNewtonNumbers, {
    members: ({ top }) => ({ top: inPlace(top, "top", limitOfSearch({ top }, "top")) }),
  }).nullable(),
};

const residualNumbers = z.object({
  top: z.array(about(eigenvalue, { title: "Largest found of H − G" })).nullable(),
  bottom: z.array(about(eigenvalue, { title: "Smallest found of H − G" })).nullable(),
  trace: about(estimate, { title: "Trace of H − G" }).nullable(),
  share: about(real, { title: "Strength of H − G" })
    .nullable()
    .describe("Largest |eigenvalue| of H − G over the largest of H."),
});

/** H − G. */
export const residualPart = {
  residual: about(residualNumbers, {
    members: ({ top, bottom }) => ({
      top: inPlace(top, "top", limitOfSearch({ top, bottom }, "top")),
      bottom: inPlace(bottom, "bottom", limitOfSearch({ top, bottom }, "bottom")),
    }),
  }).nullable(),
};
