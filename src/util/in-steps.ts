import { throwIfInterrupted, type RunContext } from "./run-context.ts";

/** How long the thread is kept from everything else, in milliseconds. */
const PATIENCE = 50;

/**
 * Runs work that comes in steps without keeping the thread from timers and signals.
 *
 * @param visit is given what each step yields
 * @returns what the work returns; undefined when the time was up before its end
 * @throws `interrupted`
 */
export async function inSteps<S, T>(
  steps: Iterator<S, T>,
  context: RunContext,
  visit: (step: S) => void,
): Promise<T | undefined> {
  let paused = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    visit(step.value);
    if (context.outOfTime?.() === true) return undefined;
    if (performance.now() - paused < PATIENCE) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    throwIfInterrupted(context);
    paused = performance.now();
  }
}
