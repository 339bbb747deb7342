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
} as const;

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
