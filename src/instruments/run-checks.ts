import type { Problem } from "../problem/problem.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Check } from "../result/envelope.ts";
import type { RunContext } from "../util/run-context.ts";
import { roundoffOf, type CheckBench, type Measurement } from "./checks/check.ts";
import { CHECKS_OF_EVERY_RUN } from "./checks/every-run.ts";
import { THOROUGH_CHECKS } from "./checks/thorough.ts";

/**
 * Checks that gradient and products are what they claim to be.
 *
 * @param which `every-run`: the cheap checks that every measurement begins with; `all`: those of `thalweg check`, too
 *
 * @example
 * const checks = await runChecks(problem, "every-run", random, {});
 * checks.every(({ passed }) => passed); // true
 */
export async function runChecks(
  problem: Problem,
  which: "every-run" | "all",
  random: RandomStream,
  context: RunContext,
): Promise<Check[]> {
  // Differences need float64: in float32, a step that is long enough crosses kinks. A device may have float32 only.
  const oracle = problem.inFloat64 ?? problem;
  const { precision } = problem.options;
  const gradient = await problem.point.gradient(context);
  const bench: Omit<CheckBench, "random"> = { problem, oracle, context, gradient, roundoff: roundoffOf(precision) };
  const checks: Check[] = [];
  const chosen = (which === "all" ? [...CHECKS_OF_EVERY_RUN, ...THOROUGH_CHECKS] : CHECKS_OF_EVERY_RUN).filter(
    ({ notFor }) => notFor?.(problem) === undefined,
  );
  for (const [done, { name, title, detail, limit, measure }] of chosen.entries()) {
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
  return checks;
}
