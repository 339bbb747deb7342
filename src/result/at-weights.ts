import { z } from "zod";
import { inPlace, limitOfSearch } from "./estimates.ts";
import { counted, settled, within } from "./known.ts";

/* What is said of a file of weights, whichever verb measures there. */

/** The file. */
export const weightsFile = z.object({
  weights: z.string().describe("The file, as it was given."),
  sha256: z.string().describe("Of its bytes."),
});

/** One at which nothing was measured. */
export const unmeasuredWeights = weightsFile.extend({ reason: z.string() });

type Found = Parameters<typeof inPlace>[0];

interface NumbersAtWeights {
  readonly loss: number;
  readonly lossRounding: number | null;
  readonly accuracy: number | null;
  /** null where the graph has no derivatives, as then `top` and `bottom` are empty. */
  readonly gradientNorm: number | null;
  readonly gradientRounding: number | null;
  readonly top: Found;
  readonly bottom: Found;
  readonly searchMargin: number | null;
}

/** What is known of the numbers that every measurement at weights begins with. */
export function knownAtWeights(numbers: NumbersAtWeights) {
  const { loss, lossRounding, accuracy, gradientNorm, gradientRounding, top, bottom } = numbers;
  const limit = (end: "top" | "bottom") =>
    limitOfSearch({ top, bottom }, end, numbers.searchMargin ?? Number.POSITIVE_INFINITY);
  return {
    loss: settled(within(loss, lossRounding)),
    ...(accuracy !== null && { accuracy: counted(accuracy) }),
    ...(gradientNorm !== null && { gradientNorm: settled(within(gradientNorm, gradientRounding)) }),
    ...(top?.length !== 0 && {
      top: inPlace(top, "top", limit("top")),
      bottom: inPlace(bottom, "bottom", limit("bottom")),
    }),
  };
}
