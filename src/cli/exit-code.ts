import type { ErrorKind } from "../util/thalweg-error.ts";

/** What the process returns. */
export const EXIT = {
  done: 0,
  fault: 1,
  usage: 2,
  input: 3,
  check: 4,
  notConverged: 5,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each code says, for help and reference. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  [EXIT.done]: "done",
  [EXIT.fault]: "a fault of Thalweg",
  [EXIT.usage]: "wrong usage",
  [EXIT.input]: "a model or data that cannot be read or do not fit",
  [EXIT.check]: "a check of the derivatives failed",
  [EXIT.notConverged]: "not converged in the budget: the result is written and marked",
  [EXIT.interrupted]: "interrupted (Ctrl-C, SIGINT): what was measured is written and marked",
  [EXIT.terminated]: "terminated (SIGTERM, SIGHUP): what was measured is written and marked",
};

const OF_KIND: Readonly<Record<ErrorKind, ExitCode>> = {
  internal: EXIT.fault,
  usage: EXIT.usage,
  input: EXIT.input,
  check: EXIT.check,
  interrupted: EXIT.interrupted,
};

export function exitCodeOf(kind: ErrorKind): ExitCode {
  return OF_KIND[kind];
}

/** The signals that end a run early with what it has, and the codes that tell them: 128 + the signal's number; a terminal that goes (SIGHUP) ends them as SIGTERM does. */
export const EXIT_OF_SIGNAL = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGHUP: EXIT.terminated,
} as const;
