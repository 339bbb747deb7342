import type { Problem } from "../problem/problem.ts";
import { plus, type Work } from "../problem/work.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Check } from "../result/envelope.ts";
import { maxOf } from "../util/extremes.ts";
import { requireUnique } from "../util/require-unique.ts";
import { type RunContext, whyEnded } from "../util/run-context.ts";
import { roundoffOf, type CheckBench, type CheckDefinition, type Measurement } from "./checks/check.ts";
import { CHECKS_OF_EVERY_RUN } from "./checks/every-run.ts";
import { THOROUGH_CHECKS } from "./checks/thorough.ts";

/**
 * Checks that gradient and products are what they claim to be.
 *
 * @param which `every-run`: the cheap checks that every measurement begins with; `all`: those of `thalweg check`, too; or the
 * names of some. What one finds does not depend on which others are made.
 *
 * @example
 * const checks = await runChecks(problem, "every-run", random, {});
 * checks.every(({ passed }) => passed); // true
 */
export async function runChecks(
  problem: Problem,
  which: "every-run" | "all" | readonly string[],
  random: RandomStream,
  context: RunContext,
): Promise<Check[]> {
  return (await madeOf(chosenBy(which), { ...context, outOfTime: undefined }, problem, random)).checks;
}

/** All of them; once the time is spent, those that are left are named and not made. */
export function runAllChecks(
  problem: Problem,
  random: RandomStream,
  context: RunContext,
): Promise<{ readonly checks: Check[]; readonly isWhole: boolean }> {
  return madeOf(ALL_CHECKS, context, problem, random);
}

/** The checks that can be made on a problem, with what each takes; one gradient is shared. */
export function planChecks(problem: Problem, which: "every-run" | "all"): PlannedCheck[] {
  return checksFor(chosenBy(which), problem).map(({ name, title, cost, bytes }) => ({
    name,
    title,
    cost: cost(problem),
    bytes: bytes(problem),
  }));
}

/** What the checks of every run take. */
export function workOfChecks(problem: Problem): Work {
  return plus({ gradients: 1 }, ...planChecks(problem, "every-run").map(({ cost }) => cost));
}

/** Large arrays that the checks of every run hold at their peak, one being made after the other, in bytes. */
export function bytesOfChecks(problem: Problem): number {
  return maxOf(planChecks(problem, "every-run").map(({ bytes }) => bytes));
}

export interface PlannedCheck {
  readonly name: string;
  readonly title: string;
  readonly cost: Work;
  /** Large arrays at its peak. */
  readonly bytes: number;
}

const ALL_CHECKS = requireUnique([...CHECKS_OF_EVERY_RUN, ...THOROUGH_CHECKS], ({ name }) => name, "checks");

function chosenBy(which: "every-run" | "all" | readonly string[]): readonly CheckDefinition[] {
  if (which === "every-run") return CHECKS_OF_EVERY_RUN;
  if (which === "all") return ALL_CHECKS;
  return which.map((wanted) => {
    const found = ALL_CHECKS.find(({ name }) => name === wanted);
    if (found === undefined) throw new RangeError(`There is no check "${wanted}".`);
    return found;
  });
}

function checksFor(checks: readonly CheckDefinition[], problem: Problem): CheckDefinition[] {
  return checks.filter(({ notFor }) => notFor?.(problem) === undefined);
}

async function madeOf(
  all: readonly CheckDefinition[],
  context: RunContext,
  problem: Problem,
  random: RandomStream,
): Promise<{ checks: Check[]; isWhole: boolean }> {
  // Differences need float64: in float32, a step that is long enough crosses kinks. A device may have float32 only.
  const oracle = problem.inFloat64 ?? problem;
  const { precision } = problem.options;
  const gradient = await problem.point.gradient(context);
  const bench: Omit<CheckBench, "random"> = { problem, oracle, context, gradient, roundoff: roundoffOf(precision) };
  const checks: Check[] = [];
  let isWhole = true;
  const chosen = checksFor(all, problem);
  for (const [done, { name, title, detail, limit, measure }] of chosen.entries()) {
    if (context.outOfTime?.() === true) {
      isWhole = false;
      const why = `Not made, as the run had to end before: ${whyEnded(context)}`;
      checks.push({ name, title, passed: null, measured: Number.NaN, limit: limit[precision], detail: why });
      continue;
    }
    context.progress?.({ stage: "checks", done, total: chosen.length, estimate: title });
    const found = await measure({ ...bench, random: random.split(name) });
    const made: Measurement = typeof found === "number" ? { measured: found, detail } : found;
    const largest = made.limit ?? limit[precision];
    checks.push({
      name,
      title,
      passed: made.undecided ? null : made.measured <= largest,
      measured: made.measured,
      limit: largest,
      detail: made.detail,
    });
  }
  return { checks, isWhole };
}
