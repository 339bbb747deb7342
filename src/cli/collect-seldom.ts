import { constants, PerformanceObserver } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";

/** Garbage that may come together, in bytes. */
const GARBAGE = 2 ** 28;
/** By so much V8 lets a heap grow of itself at most, in percent of what lives. */
const OWN_GROWTH = 300;

/**
 * Has this process collect its old garbage only when there is much of it. Each time that V8 does it, it forgets the machine code
 * of functions that no object holds just then, which are those that a task or a measurement made for itself: where little lives,
 * as with a small network, a worker would do it in every task, and compile them anew for the next one, in threads beside. No
 * number depends on it.
 */
export function collectSeldom(): void {
  new PerformanceObserver((list) => {
    if (!list.getEntries().some(({ detail }) => kindOf(detail) === constants.NODE_PERFORMANCE_GC_MAJOR)) return;
    const { heapUsed, external } = process.memoryUsage();
    setFlagsFromString(`--heap-growing-percent=${growthFor(heapUsed + external)}`);
  }).observe({ entryTypes: ["gc"] });
}

/** How much garbage may come together beside what lives, in percent of that; 0 leaves it to V8. */
export function growthFor(living: number): number {
  const percent = Math.floor((100 * GARBAGE) / living);
  return percent > OWN_GROWTH ? percent : 0;
}

function kindOf(detail: unknown): unknown {
  return typeof detail === "object" && detail !== null && "kind" in detail ? detail.kind : undefined;
}
