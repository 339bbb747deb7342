import { ThalwegError } from "../util/thalweg-error.ts";

/** A model has no output of the name that was asked for. */
export function unknownOutput(asked: string, outputs: Iterable<string>): ThalwegError {
  return new ThalwegError({
    kind: "usage",
    code: "unknown-output",
    message: `The model has no output "${asked}"; it has ${[...outputs].map((each) => `"${each}"`).join(", ")}.`,
  });
}
