import { ThalwegError, type Where } from "../util/thalweg-error.ts";

/** The one way in which this folder refuses bytes: an error of kind "input" with its place and a hint. */
export function inputError(code: string, message: string, where: Where, hint: string, cause?: unknown): ThalwegError {
  return new ThalwegError({ kind: "input", code, message, where, hint, cause });
}
