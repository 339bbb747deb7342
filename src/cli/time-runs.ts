import type { Timing } from "../result/bench-result.ts";
import { throwIfInterrupted } from "../util/run-context.ts";

export interface TimingOptions {
  readonly runs: number;
  /** Vectors that one run takes: times are given per vector. */
  readonly vectors?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number) => void;
}

/** Runs that are not timed: the first compiles, the second fills the caches. */
const WARM_UP = 2;

/** Median and extremes of the wall-clock time of some work. */
export async function timeRuns(work: () => Promise<unknown>, { runs, vectors = 1, signal, progress }: TimingOptions): Promise<Timing> {
  for (let i = 0; i < WARM_UP; i++) await work();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    throwIfInterrupted({ signal });
    const start = performance.now();
    await work();
    times.push((performance.now() - start) / vectors);
    progress?.(i + 1);
  }
  times.sort((a, b) => a - b);
  const middle = runs >> 1;
  const medianMs = runs % 2 === 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
  return { medianMs, runs, minMs: times[0], maxMs: times[runs - 1] };
}
