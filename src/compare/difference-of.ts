import type { Known } from "../result/known.ts";
import { formatNumber } from "../util/format-number.ts";

/** What is known of how two results were made, for what their errors have to do with each other. */
export interface Pairing {
  /** Whether their random probes are independent: other seeds. */
  readonly independent: boolean;
  /** Whether both were computed in the same arithmetic. */
  readonly samePrecision: boolean;
  /** Whether both drew the very same samples: then no sampling error explains a difference, and what rounding may do is this part of a number. */
  readonly sameSamples?: { readonly rounding: number };
  /** What sentences call the two. */
  readonly names: readonly [string, string];
}

/** The second number less the first, and what their errors say of it. */
export interface Difference {
  readonly value: number | null;
  /** Between what the true difference lies: at 95 % where something was sampled, for certain where not; null where nothing says. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** |value| over the error on the side of zero; null where there is none. */
  readonly errors: number | null;
  /** null where it cannot be told. */
  readonly different: boolean | null;
  /** Why it cannot be told, or on what the answer rests. */
  readonly why: string | null;
  /** Whether chance has a part in the answer. */
  readonly sampled: boolean;
}

/** Thresholds further apart than this have zero end at another place. */
const SAME_THRESHOLD = 2;

/** An error that only one of two results states holds for both this many times over. */
const CAUTION = 10;

/**
 * The difference of two numbers, b − a. Bounds (rounding, residuals) add. Half-widths of 95 % intervals add in
 * quadrature where the probes are independent (the method of variance estimates recovery, Zou & Donner 2008:
 * each side takes the half-widths that face each other); else they add too, which covers any correlation.
 *
 * Different: the interval excludes zero. Not different: both ends are finite and zero lies between. Otherwise, and
 * where one number is no number to rest on, it cannot be told.
 */
export function differenceOf(one: Known, other: Known, pairing: Pairing): Difference {
  const { sameSamples } = pairing;
  const [first, second] = sameSamples ? [drawn(one, sameSamples), drawn(other, sameSamples)] : [one, other];
  const value = second.value - first.value;
  const sampled = [first, second].some((known) => isSampled(known) || known.restsOnSample);
  const open = { value: Number.isFinite(value) ? value : null, lower: null, upper: null, errors: null, sampled: false };
  const undecided = (why: string): Difference => ({ ...open, different: null, why });
  const [a, b] = pairing.names;
  const obstacle = obstacleOf(first, second, pairing);
  if (obstacle !== undefined) return undecided(obstacle);
  if (!Number.isFinite(value)) return undecided(`${Number.isFinite(first.value) ? b : a} has no finite value`);
  const lent = !first.stated || !second.stated;
  const [from, to] = lent ? withLentErrors(first, second) : [first, second];
  if (lent && value === 0)
    return { ...open, different: false, why: "the same number; an error is not stated for both" };
  if (!from.stated || !to.stated) return undecided("no error is stated for it");
  if (lent && !pairing.samePrecision)
    return undecided(`${first.stated ? b : a} states no error for it, and was computed in another precision`);
  const join = pairing.independent && !isOf("examples", first, second) ? Math.hypot : sumOf;
  const lower = value - (to.below + from.above + join(to.sampled.below, from.sampled.above));
  const upper = value + (to.above + from.below + join(to.sampled.above, from.sampled.below));
  const different = lower > 0 || upper < 0 ? true : Number.isFinite(lower) && Number.isFinite(upper) ? false : null;
  if (different === true && first.counted && second.counted && !pairing.samePrecision)
    return undecided("it is counted against rounding, and the precisions differ");
  const facing = value >= 0 ? value - lower : upper - value;
  return {
    value,
    lower,
    upper,
    errors: facing > 0 && Number.isFinite(facing) ? Math.abs(value) / facing : null,
    different,
    why: reasonOf(),
    sampled: sampled && different !== null,
  };

  function reasonOf(): string | null {
    if (different === null) return openEnds(from, to, pairing.names);
    const parts = [
      lent &&
        `the error of ${first.stated ? a : b}, ${CAUTION} times over, was taken for ${first.stated ? b : a}, which states none`,
      isOf("examples", first, second) && "the interval is about examples that the weights have not seen",
    ].filter((part) => part !== false);
    return parts.length === 0 ? null : parts.join("; ");
  }
}

/** A number whose samples are those of the other: beside its bounds, rounding is left, of the size of what was summed. */
function drawn(known: Known, { rounding }: { readonly rounding: number }): Known {
  const { value, below, above, sampled } = known;
  if (!isSampled(known)) return known;
  const room = rounding * (Math.abs(value) + Math.max(sampled.below, sampled.above));
  return { ...known, below: below + room, above: above + room, sampled: { ...sampled, below: 0, above: 0 } };
}

/** Why the two numbers are not compared at all. */
function obstacleOf(first: Known, second: Known, { names: [a, b] }: Pairing): string | undefined {
  for (const [name, { doubt }] of [
    [a, first],
    [b, second],
  ] as const)
    if (doubt !== undefined) return `in ${name}, ${doubt}`;
  if (first.meaning !== second.meaning)
    return `it is not the same quantity: ${first.meaning ?? "unnamed"} in ${a}, ${second.meaning ?? "unnamed"} in ${b}`;
  const [from, to] = [first.threshold ?? 0, second.threshold ?? 0];
  if (Math.max(from, to) > SAME_THRESHOLD * Math.min(from, to))
    return `zero ends at ${formatNumber(from, 2)} in ${a} and at ${formatNumber(to, 2)} in ${b}`;
  return undefined;
}

/**
 * Where only one states an error, that error relative to its number, and with caution, for both: of what is computed
 * without sampling and without a search, so that two runs in one arithmetic round alike.
 */
function withLentErrors(first: Known, second: Known): [Known, Known] {
  const [lender, borrower] = first.stated ? [first, second] : [second, first];
  if (borrower.stated || !lender.stated || !lender.settled || isSampled(lender)) return [first, second];
  const scale = CAUTION * (lender.value === 0 ? 1 : Math.max(1, Math.abs(borrower.value / lender.value)));
  const lent = { ...borrower, stated: true, below: scale * lender.below, above: scale * lender.above };
  return first.stated ? [first, lent] : [lent, second];
}

function openEnds(from: Known, to: Known, [a, b]: readonly [string, string]): string {
  const ends = [from, to].flatMap((known, i) => {
    const up = !Number.isFinite(known.above + known.sampled.above);
    const down = !Number.isFinite(known.below + known.sampled.below);
    const name = i === 0 ? a : b;
    if (up && down) return [`the number of ${name} has no bound`];
    return up ? [`that of ${name} is only a lower bound`] : down ? [`that of ${name} is only an upper bound`] : [];
  });
  return ends.join(", ");
}

function isSampled({ sampled }: Known): boolean {
  return sampled.below > 0 || sampled.above > 0;
}

function isOf(over: Known["sampled"]["over"], ...numbers: readonly Known[]): boolean {
  return numbers.some((known) => isSampled(known) && known.sampled.over === over);
}

function sumOf(x: number, y: number): number {
  return x + y;
}
