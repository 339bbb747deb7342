import { z } from "zod";
import { about, counted, partOf, settled, within } from "../result/known.ts";
import { real } from "../result/real.ts";
import { gradientRounding } from "./gradient/gradient-part.ts";

const numbers = z.object({
  loss: about(real, { title: "Loss", instrument: "loss" }),
  accuracy: about(real, { title: "Accuracy", instrument: "loss" })
    .nullable()
    .describe("Share of right predictions; null for regression."),
  gradientNorm: about(real, { title: "Length of the gradient", instrument: "gradient" }),
});

/** What every profile has, whichever instruments it ran. */
export const baseNumbers = about(numbers, {
  members: ({ loss, accuracy, gradientNorm }, whole) => ({
    loss: settled(within(loss, partOf(whole, { lossRounding: real.nullable() })?.lossRounding)),
    ...(accuracy !== null && { accuracy: counted(accuracy) }),
    gradientNorm: settled(within(gradientNorm, gradientRounding(whole))),
  }),
});

export type BaseNumbers = z.output<typeof numbers>;
