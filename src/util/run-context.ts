import { ThalwegError } from "./thalweg-error.ts";

/** One step of a measurement, reported while it runs. */
export interface ProgressEvent {
  /** What is being measured: "Hessian spectrum", "trace". */
  readonly stage: string;
  /** Work done and expected, in operator products; `total` is absent when it is not known. */
  readonly done: number;
  readonly total?: number;
  /** What `done` counts, where it is worth saying how many there are in a second: "steps". */
  readonly unit?: string;
  /** The live estimate, ready to print: "λmax ≈ 3.46 ± 0.01". */
  readonly estimate?: string;
}

/**
 * What a measurement needs from the outside world: a way to be stopped and a way to tell how far
 * it is. Pure code receives it and passes it on; it never reaches for the process or a clock.
 */
export interface RunContext {
  readonly signal?: AbortSignal;
  readonly progress?: (event: ProgressEvent) => void;
  /** True once the time budget is spent: an estimator then returns what it has, marked as not converged. */
  readonly outOfTime?: () => boolean;
  /** Whether there is such a budget: what matters most then comes first, by itself. */
  readonly hasBudget?: boolean;
  /** What the caller has to do sooner or later, to be done while a measurement waits for another thread. */
  readonly meanwhile?: () => Promise<unknown>;
}

/** Why a measurement ended early, as half a sentence, and what a person can do about it: they give a budget, or interrupt. */
export function whyEnded({ hasBudget }: RunContext): string {
  return hasBudget === false
    ? "it was interrupted."
    : "its time was spent, or it was interrupted. Another run with a longer --time, or without, gets further.";
}

/** Throws the `interrupted` error when the run was cancelled; call it between products. */
export function throwIfInterrupted(context: RunContext): void {
  if (context.signal?.aborted) {
    throw new ThalwegError({
      kind: "interrupted",
      code: "interrupted",
      message: "The run was interrupted before it finished.",
    });
  }
}
