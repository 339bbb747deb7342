import type { Problem } from "../problem/problem.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Check } from "../result/envelope.ts";
import type { RunContext } from "../util/run-context.ts";
import type { Measurement } from "./checks/check.ts";
import { CHECKS_OF_EVERY_RUN } from "./checks/every-run.ts";
import { THOROUGH_CHECKS } from "./checks/thorough.ts";

/**
 * Checks that gradient and products are what they claim to be.
 *
 * @param which `every-run`: four cheap checks, about ten loss evaluations and two gradients (in float64), and 5 products; `all`: ten
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
  const { precision } = problem.options;
  const gradient = await problem.gradient(context);
  const roundoff = precision === "float32" ? 2 ** -24 : 2 ** -53;
  const checks: Check[] = [];
  const chosen = (which === "all" ? [...CHECKS_OF_EVERY_RUN, ...THOROUGH_CHECKS] : CHECKS_OF_EVERY_RUN).filter(
    ({ notFor }) => notFor?.(problem) === undefined,
  );
  for (const [done, { name, title, detail, limit, measure }] of chosen.entries()) {
    context.progress?.({ stage: "checks", done, total: chosen.length, estimate: title });
    const found = await measure({ problem, random: random.split(name), context, gradient, roundoff });
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
