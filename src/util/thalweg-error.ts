/** Who has to act, which fixes the exit code of the command line. */
export type ErrorKind = "usage" | "input" | "check" | "internal" | "interrupted";

/** Where something went wrong: only the fields that are known. */
export interface Where {
  readonly file?: string;
  readonly node?: string;
  readonly op?: string;
  readonly opset?: number;
  readonly input?: string;
  readonly parameter?: string;
  /** Of a function of the library. */
  readonly option?: string;
  readonly batch?: number;
  readonly shape?: readonly number[];
}

export interface ErrorDetails {
  readonly kind: ErrorKind;
  /** Stable, kebab-case, for programs: "unknown-op", "shape-mismatch". */
  readonly code: string;
  /** One or two sentences: what was expected, what was found. */
  readonly message: string;
  readonly where?: Where;
  /** What to do about it, as one imperative sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * An error as data: a code for programs, a place, a sentence for people and a hint.
 * Everything that Thalweg throws on purpose is one of these; any other error is a bug.
 *
 * @example
 * const error = new ThalwegError({ kind: "input", code: "empty-file", message: "The file is empty." });
 * error.kind; // "input"
 */
export class ThalwegError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly where: Where;
  readonly hint: string | undefined;

  constructor(details: ErrorDetails) {
    super(shortened(details.message), { cause: details.cause });
    this.name = "ThalwegError";
    this.kind = details.kind;
    this.code = details.code;
    this.where = details.where ?? {};
    this.hint = details.hint;
  }
}

/** A list in brackets of which a sentence shows the beginning alone: a file may have a hundred thousand axes. */
const LONG_LIST = /\[((?:[^[\],]*, ){8})(?:[^[\],]*, ){24,}[^[\],]*\]/g;

function shortened(message: string): string {
  return message.length < 200 ? message : message.replaceAll(LONG_LIST, "[$1…]");
}

/** Whether a number was NaN or ∞: of a weight, of the loss or on the way to it. */
export function isNotFinite(error: unknown): error is ThalwegError {
  return error instanceof ThalwegError && error.code === "not-finite";
}

/** An error as plain data, to be told to another thread; what is not one of ours becomes an internal one of this code. */
export function errorDetails(error: unknown, code: string): ErrorDetails {
  if (!(error instanceof ThalwegError))
    return { kind: "internal", code, message: error instanceof Error ? error.message : String(error) };
  const { kind, message, where, hint } = error;
  return { kind, code: error.code, message, where, hint };
}
