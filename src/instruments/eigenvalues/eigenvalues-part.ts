import { z } from "zod";
import { eigenvalue, inPlace, largestUnseen, limitOfSearch } from "../../result/estimates.ts";
import { about, aside, between, type Known, partOf, settled, unstated } from "../../result/known.ts";
import { count, real } from "../../result/real.ts";
import { tracePart } from "../trace/trace-part.ts";

const numbers = z.object({
  top: z
    .array(about(eigenvalue, { title: "Largest eigenvalue of H" }))
    .nullable()
    .describe(
      "Largest eigenvalues, descending. Within its residual of each value lies an eigenvalue; at a coarse tolerance it need not be the one of this place, which is no smaller than the value.",
    ),
  bottom: z
    .array(about(eigenvalue, { title: "Smallest eigenvalue of H" }))
    .nullable()
    .describe(
      "Smallest eigenvalues, ascending. Within its residual of each value lies an eigenvalue; at a coarse tolerance it need not be the one of this place, which is no larger than the value.",
    ),
  multiplicity: aside(
    z.object({
      checked: z.boolean(),
      found: count,
      missProbability: real.nullable(),
      margin: real
        .nullable()
        .default(null)
        .describe("How far beyond the last reported eigenvalue one that was missed may lie all the same."),
    }),
  )
    .nullable()
    .describe("The search for copies of an eigenvalue that one Krylov space cannot see."),
  eigenvalueProducts: aside(count).nullable(),
  eigenvalueMethod: z.string().nullable().describe("How the extreme eigenvalues were found."),
  eigenvaluesConverged: z.boolean().nullable(),
  negativeDepth: about(real, { title: "Depth of negative curvature" })
    .nullable()
    .describe("|λmin| over the largest |eigenvalue|, 0 where λmin is not negative; over λmax as 0.1.0 wrote it."),
  roundoff: aside(real).nullable().default(null).describe("Unit roundoff of the arithmetic."),
  descent: aside(real)
    .nullable()
    .default(null)
    .describe(
      "By how much the loss was seen to fall along −g (at the lowest point of the parabola or before it), where g is shorter than `gradientResolution`: more than its rounding proves that the gradient is not zero.",
    ),
  descentRounding: aside(real).nullable().default(null).describe("What rounding of the two losses may make of it."),
  gradientResolution: aside(real)
    .nullable()
    .default(null)
    .describe(
      "Rounding the weights moves the gradient by no more than this: one that is shorter may be zero as far as the arithmetic tells, unless `descent` says otherwise.",
    ),
});

/** The extreme eigenvalues of the Hessian, and what was looked for beyond them. */
export const eigenvaluesPart = {
  hessian: about(numbers, {
    members: ({ top, bottom, multiplicity, eigenvaluesConverged, negativeDepth }, whole) => {
      const frobenius = partOf(whole, tracePart)?.hessian.frobenius ?? null;
      const isSearched =
        eigenvaluesConverged === true && multiplicity?.checked === true && multiplicity.missProbability !== null;
      const margin = isSearched ? (multiplicity?.margin ?? 0) : Number.POSITIVE_INFINITY;
      // In a small dimension both ends may hold the same eigenvalues.
      const isApart = (top?.at(-1)?.value ?? 0) > (bottom?.at(-1)?.value ?? 0);
      const unseen = largestUnseen(frobenius, [...(top ?? []), ...(isApart ? (bottom ?? []) : [])]);
      const [up, down] = [
        limitOfSearch({ top, bottom }, "top", margin),
        limitOfSearch({ top, bottom }, "bottom", margin),
      ];
      // Only where the search says less does the answer rest on the norm.
      const known = (each: Known, helped: boolean) => settled({ ...each, restsOnSample: helped });
      const largest = inPlace(top, "top", Math.min(up, unseen)).map((each) => known(each, unseen < up));
      const smallest = inPlace(bottom, "bottom", Math.max(down, -unseen)).map((each) => known(each, -unseen > down));
      return {
        top: largest,
        bottom: smallest,
        negativeDepth: negativeDepth === null ? undefined : depthOf(negativeDepth, largest.at(0), smallest.at(0)),
      };
    },
  }),
};

export type ExtremesPart = z.output<typeof numbers>;

/** |λmin|/‖H‖₂ between what its two ends leave of it. */
function depthOf(depth: number, highest: Known | undefined, lowest: Known | undefined): Known {
  if (!highest || !lowest) return unstated(depth);
  const [least, most] = [-(lowest.value + lowest.above), -(lowest.value - lowest.below)];
  const [weakest, strongest] = [highest.value - highest.below, highest.value + highest.above];
  // ‖H‖₂ is the larger of the two in size.
  const ratio = (deep: number, high: number) => (deep <= 0 ? 0 : deep / Math.max(deep, Math.abs(high)));
  return between(depth, {
    lower: Math.min(depth, ratio(least, Math.max(Math.abs(weakest), Math.abs(strongest)))),
    upper: Math.max(depth, Number.isFinite(most) ? ratio(most, weakest) : 1),
  });
}
