import { ThalwegError, type Where } from "../util/thalweg-error.ts";

/** An error in a model file, or in what was asked of it. */
export function intakeError(code: string, message: string, where: Where = {}, hint?: string): ThalwegError {
  return new ThalwegError({ kind: "input", code, message, where, hint });
}

/** "a, b, c and 4 more" */
export function listOf(items: readonly string[], limit = 8): string {
  const shown = items.slice(0, limit).join(", ");
  return items.length > limit ? `${shown} and ${items.length - limit} more` : shown;
}
