import { z } from "zod";
import { estimate } from "../../result/estimates.ts";
import { about, aside, deviating } from "../../result/known.ts";
import { real } from "../../result/real.ts";

/** Sums over the whole spectrum of the Hessian. */
export const tracePart = {
  hessian: z.object({
    trace: about(estimate, { title: "Trace of H" }).nullable(),
    frobenius: about(estimate, { title: "Frobenius norm of H" }).nullable(),
    effectiveRank: about(
      z.object({
        frobenius: about(real, { title: "Stable rank" })
          .nullable()
          .describe(
            "‖H‖F² / ‖H‖₂²: how many eigenvalues as large as the largest in size would give this Frobenius norm.",
          ),
        frobeniusError: aside(real).nullable().default(null).describe("Its standard error, by the delta method."),
        trace: about(real, { title: "Effective rank, tr H / ‖H‖₂" })
          .nullable()
          .describe("tr H / ‖H‖₂; meaningful where negative curvature is small."),
      }),
      {
        members: ({ frobenius, frobeniusError }) =>
          frobenius === null ? {} : { frobenius: deviating(frobenius, frobeniusError) },
      },
    ).nullable(),
  }),
};
