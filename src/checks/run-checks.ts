import type { Check } from "../result/envelope.ts";
import { throwIfInterrupted } from "../util/run-context.ts";
import type { Subject } from "./derivative-check.ts";
import { DERIVATIVE_CHECKS } from "./registry.ts";

/** Runs the checks that say something about the problem, all or the quick ones, each with random numbers of its own. */
export async function runChecks(subject: Subject, which: "all" | "quick"): Promise<Check[]> {
  const { problem, random, context } = subject;
  const checks = DERIVATIVE_CHECKS.filter((check) => check.notFor?.(problem) === undefined && (which === "all" || check.quick === true));
  const results: Check[] = [];
  for (const [index, check] of checks.entries()) {
    throwIfInterrupted(context);
    context.progress?.({ stage: check.title, done: index, total: checks.length });
    const measured = await check.measure({ ...subject, random: random.split(check.name) });
    const limit = check.limit(problem);
    // A NaN passes nothing.
    results.push({ name: check.name, title: check.title, passed: measured <= limit, measured, limit, detail: check.detail });
  }
  return results;
}
