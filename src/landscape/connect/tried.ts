import { z } from "zod";
import { real } from "../../result/real.ts";
import { vectorText } from "../vector-text.ts";
import type { TriedFreedom } from "./connect-options.ts";
import { attempt } from "./connect-result.ts";

/** What the maps of one group give, as tasks hand it on; null where the graph lets no unit be moved. */
export const foundAlignment = z
  .object({
    /** The one with the lowest loss half-way first. */
    attempts: z.array(attempt.omit({ maps: true })).min(1),
    classes: z.array(
      z.object({ extent: z.int(), freedom: z.string(), places: z.int().nullable(), tensors: z.array(z.string()) }),
    ),
    /** The other network, sent through the maps of the first attempt. */
    theta: vectorText,
    /** Of the outputs of that network from those that they must equal, and the largest output. */
    difference: z.object({ largest: real, size: real }),
    /** Whether all attempts were made; else the time was spent before. */
    isWhole: z.boolean(),
    /** What could not be tried, in sentences. */
    notes: z.array(z.string()),
  })
  .nullable();

export type FoundAlignment = NonNullable<z.output<typeof foundAlignment>>;

/** What exchanges of units alone give, and all that the graph allows; undefined where it allows nothing, or nothing was asked for. */
export interface Tried {
  readonly permuted: FoundAlignment | undefined;
  readonly whole: FoundAlignment | undefined;
}

export function triedWith(of: (freedom: TriedFreedom) => FoundAlignment | null | undefined): Tried {
  return { permuted: of("permutation") ?? undefined, whole: of("general") ?? undefined };
}

/** The one with the lowest loss half-way: exchanges are among all that the graph allows, but searches find what they find. */
export function lowest({ permuted, whole }: Tried): FoundAlignment | undefined {
  return permuted && whole && heightOf(permuted) <= heightOf(whole) ? permuted : (whole ?? permuted);
}

function heightOf({ attempts: [{ middle }] }: FoundAlignment): number {
  return Number.isNaN(middle) ? Number.MAX_VALUE : middle;
}
