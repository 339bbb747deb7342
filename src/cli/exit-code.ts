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

/** What each code says, for the reference. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: "done",
  fault: "a fault of Thalweg",
  usage: "wrong usage: the message says what was meant, perhaps",
  input: "a model or data that cannot be read or do not fit",
  check: "a check of the derivatives failed",
  notConverged: "not converged in the budget; the result is written and marked",
  interrupted: "interrupted (Ctrl-C, SIGINT); what was measured until then is written and marked",
  terminated: "terminated (SIGTERM); what was measured until then is written and marked",
};

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

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

/** The signals that end a run early with what it has, and the codes that tell them: 128 + the signal's number. */
export const EXIT_OF_SIGNAL = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;
