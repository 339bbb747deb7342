import { z } from "zod";
import { real } from "../../result/real.ts";

/** What a law says of a number, and how far what was measured is from that. */
export const predicted = z.object({
  value: real.describe("What the law says; of a bound, the bound."),
  misfit: real.describe("How far the measured number is from it; 0 on the right side of a bound."),
});

/** One measured number beside the laws that are put to it. */
export const evidence = z.object({
  name: z.string().describe("What was measured, with the setting that it was measured in."),
  measured: real,
  standardError: real.describe("Of the measured number; 0 where it is exact up to rounding."),
  law: predicted,
  rival: predicted.nullable().describe("The other law; null where the two say the same here."),
  allowed: real.describe("The misfit up to which a law counts as met."),
});

export type Predicted = z.output<typeof predicted>;
export type Evidence = z.output<typeof evidence>;

/** A law at one place: from the measured number to what it says of it. */
export type Law = (measured: number) => Predicted;

/** The number is x. */
export function equals(x: number): Law {
  return (measured) => ({ value: x, misfit: Math.abs(measured - x) });
}

/** The number is no more than x. */
export function atMost(x: number): Law {
  return (measured) => ({ value: x, misfit: Math.max(0, measured - x) });
}

/** The number is no less than x. */
export function atLeast(x: number): Law {
  return (measured) => ({ value: x, misfit: Math.max(0, x - measured) });
}

interface Measured {
  readonly name: string;
  readonly measured: number;
  /** 0 when absent: exact up to rounding. */
  readonly standardError?: number;
  readonly law: Law;
  readonly rival?: Law;
  /** 0 when absent, as for bounds. */
  readonly allowed?: number;
}

/**
 * A measured number with what both laws say of it. A number that is none meets no law.
 *
 * @example
 * weigh({ name: "P(all positive), n = 3", measured: 0.0247, standardError: 3e-4, law: equals(0.02492), rival: equals(1 / 8), allowed: 9e-4 });
 */
export function weigh({ name, measured, standardError = 0, law, rival, allowed = 0 }: Measured): Evidence {
  const put = (to: Law): Predicted => {
    const { value, misfit } = to(measured);
    return { value, misfit: Number.isNaN(misfit) ? Number.POSITIVE_INFINITY : misfit };
  };
  return { name, measured, standardError, law: put(law), rival: rival ? put(rival) : null, allowed };
}
