import { z } from "zod";
import { aside } from "../result/known.ts";
import { count } from "../result/real.ts";
import { section, verdict } from "../result/section.ts";
import { baseNumbers, type BaseNumbers } from "./base-numbers.ts";
import type { Instrument } from "./instrument.ts";
import { type Merged, mergeParts, type Part } from "./part.ts";
import { INSTRUMENTS } from "./registry.ts";

const conclusions = z.object({
  verdicts: z.array(verdict),
  sections: aside(z.array(section)),
  converged: z.boolean().describe("Whether every instrument reached its tolerance."),
  products: aside(count).describe(
    "Matrix–vector products that the numbers are made of; those that only measure what rounding leaves of them are not among them.",
  ),
});

/**
 * What a profile found: the parts of all instruments. A part that was not measured (skipped, failed or not defined for
 * this problem) is null, never 0; `sections` says why.
 */
export const profileResult = mergeParts(baseNumbers, INSTRUMENTS, conclusions);

export type ProfileResult = BaseNumbers & Merged<typeof INSTRUMENTS> & z.output<typeof conclusions>;

/** Any of the instruments: what it looks at is in every result. */
export type ProfileInstrument = Instrument<Part, ProfileResult>;
