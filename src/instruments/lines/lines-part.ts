import { z } from "zod";
import { eigenvalue } from "../../result/estimates.ts";
import { about, aside } from "../../result/known.ts";
import { real } from "../../result/real.ts";

const lineNumbers = z.object({
  direction: z.enum(["top", "bottom"]).describe("Along the eigenvector of λmax or of λmin."),
  eigenvalue: aside(eigenvalue),
  slope: about(real, { title: "Slope along the eigenvector" }).describe(
    "gᵀv at θ: v points downhill, so it is never positive.",
  ),
  step: z.array(real).describe("t, ascending: the distance from θ along v, |v| = 1."),
  loss: z.array(real.nullable()).describe("L(θ + tv); null where it is not finite."),
  quadratic: z.array(real).describe("L + gᵀv t + ½ λ t²."),
  departure: z
    .object({
      step: aside(real),
      // Its error is that of the losses along this vector; the vector has one of its own, which is not stated.
      value: about(real, { title: "Departure from the quadratic" }),
      error: aside(real),
      isBound: aside(z.boolean())
        .nullable()
        .default(null)
        .describe(
          "Whether the change predicted cannot be told from 0: its error is then added to it, and the value is a lower bound.",
        ),
    })
    .nullable()
    .describe(
      "The largest |L(θ + tv) − quadratic| over |gᵀv t| + ½ |λ| t², where it is, and what rounding leaves of it; null where no change is predicted.",
    ),
  holdsTo: about(real, { title: "Step up to which the quadratic holds" })
    .nullable()
    .describe(
      "The largest |t| of the steps up to which none is seen to depart by more than 0.1; null where no change is predicted.",
    ),
});

const line = about(lineNumbers, { key: "direction" });

/** The loss along the extreme eigenvectors of the Hessian. */
export const linesPart = {
  lines: z.array(line).nullable().describe("The loss along the extreme eigenvectors of the Hessian."),
};

export type LinePart = z.output<typeof line>;
