import type { Verdict } from "../result/section.ts";
import { formatEstimate, formatNumber } from "../util/format-number.ts";
import { percent, range } from "./reading.ts";

/** A number that a verdict rests on: what was measured, and between what the true one lies. */
export interface Ground {
  /** As a sentence names it: "λmin". */
  readonly name: string;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
  /** How likely the true one lies there, where that is the interval of a sample; a bound when absent. */
  readonly confidence?: number;
  /** Why nothing may rest on it: not converged, or a warning that concerns it. */
  readonly doubt?: string;
}

/** A ground on one side of a threshold; without one, the number alone. */
export interface Condition {
  readonly ground: Ground;
  readonly above?: number;
  readonly below?: number;
}

/** What would be said if all conditions held. */
export interface Claim {
  readonly level: Verdict["level"];
  readonly text: string;
  readonly rests: readonly [Condition, ...Condition[]];
}

/** A question with the answers that exclude each other. */
export interface Question {
  /** "whether this is a minimum" */
  readonly asks: string;
  readonly claims: readonly Claim[];
  /** What would decide it: a sentence. */
  readonly decidedBy: string;
}

/** A number without error: a count, a share of these very examples. */
export function exactly(name: string, value: number): Ground {
  return { name, value, lower: value, upper: value };
}

/** A number with an error on both sides. */
export function within(name: string, value: number, error: number, doubt?: string): Ground {
  return { name, value, lower: value - error, upper: value + error, doubt };
}

/**
 * The one place where verdicts are made. A claim is made where every number that it rests on is free of
 * doubt and lies, with its whole error, on the side that the claim needs. Where no claim can be made but
 * one is not excluded either, the question is not decided, and the verdict says why and what would decide it.
 */
export function judge({ asks, claims, decidedBy }: Question): Omit<Verdict, "instrument">[] {
  const states = claims.map((claim) => ({ claim, states: claim.rests.map(stateOf) }));
  const made = states.filter((each) => each.states.every((state) => state === "holds"));
  if (made.length > 0) return made.map(({ claim: { level, text } }) => ({ level, text }));
  const open = states.filter((each) => each.states.every((state) => state !== "excluded"));
  if (open.length === 0) return [];
  const reasons = open.flatMap((each) =>
    each.claim.rests.flatMap((condition, i) => (each.states[i] === "open" ? [reasonOf(condition)] : [])),
  );
  return [{ level: "note", text: `Not decided, ${asks}: ${[...new Set(reasons)].join("; ")}. ${decidedBy}` }];
}

function stateOf({ ground: { lower, upper, doubt }, above, below }: Condition): "holds" | "excluded" | "open" {
  if (doubt !== undefined || Number.isNaN(lower) || Number.isNaN(upper)) return "open";
  if ((above !== undefined && upper <= above) || (below !== undefined && lower >= below)) return "excluded";
  return (above === undefined || lower > above) && (below === undefined || upper < below) ? "holds" : "open";
}

function reasonOf({ ground: { name, value, lower, upper, confidence, doubt }, above, below }: Condition): string {
  if (doubt !== undefined) return `${name}: ${doubt}`;
  const error = Math.max(upper - value, value - lower);
  const threshold = formatNumber(above ?? below, 3);
  // Beside what was sampled ± is one standard error: its interval is written out.
  if (Number.isFinite(error) && confidence !== undefined)
    return `the ${percent(confidence)} interval of ${name}, ${range({ lower, upper })}, reaches across ${threshold}`;
  if (Number.isFinite(error)) return `${name} = ${formatEstimate(value, error)} reaches across ${threshold}`;
  return `${name} = ${formatNumber(value, 3)} is ${Number.isFinite(upper) ? "the smallest" : "the largest"} that was found, and nothing excludes one beyond it`;
}
