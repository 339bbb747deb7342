import type { Timing } from "../result/bench-result.ts";
import { throwIfInterrupted, type RunContext } from "../util/run-context.ts";

/** Milliseconds since any fixed moment: `performance.now`. */
export type Clock = () => number;

/** The first runs compile sessions and fill caches; they are not timed. */
const WARM_UP = 2;

/** The median time of `runs` calls of `work`, each divided by `per`, the pieces of work in one call. Two calls go before. */
export async function timeRuns(
  clock: Clock,
  runs: number,
  per: number,
  context: RunContext,
  work: () => Promise<unknown>,
): Promise<Timing> {
  for (let i = 0; i < WARM_UP; i++) await work();
  const times: number[] = [];
  for (let i = 0; i < runs && !(i > 0 && context.outOfTime?.()); i++) {
    throwIfInterrupted(context);
    const start = clock();
    await work();
    times.push((clock() - start) / per);
  }
  times.sort((a, b) => a - b);
  const middle = times.length >> 1;
  const medianMs = times.length % 2 === 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
  return { medianMs, runs: times.length, minMs: times[0], maxMs: times[times.length - 1] };
}
