import type { JsonDocument } from "../documents/result-kinds.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { EXIT, exitCodeOf, type ExitCode } from "./exit-code.ts";
import { wrap } from "./layout.ts";
import type { Style } from "./terminal.ts";
import { messageOf } from "../util/message-of.ts";

const REPORT = "Run again with --debug, and report its output and that of `thalweg doctor` to the maintainers.";

/** An error as a person, a program and the operating system see it. */
export interface PresentedError {
  readonly text: string;
  readonly document: JsonDocument;
  readonly exitCode: ExitCode;
}

/**
 * One or two sentences and what to do; the stack only with `debug`.
 *
 * @param interrupted the exit code of runs that a signal stopped
 */
export function presentError(
  error: unknown,
  style: Style,
  debug: boolean,
  interrupted: ExitCode = EXIT.interrupted,
): PresentedError {
  const known = error instanceof ThalwegError ? error : undefined;
  const fault = known === undefined || known.kind === "internal";
  const message = messageOf(error);
  const hint = fault ? `This is a bug in Thalweg. ${REPORT}` : known.hint;
  const stack = debug && error instanceof Error ? `\n${style.dim(stackOf(error))}\n` : "";
  const lines = [
    `${style.red("error:")} ${wrap(message, 73, "  ")}`,
    ...(hint === undefined ? [] : [wrap(hint, 78, "  ").replace(/^/, "  ")]),
  ];
  const exitCode = known?.kind === "interrupted" ? interrupted : known ? exitCodeOf(known.kind) : EXIT.fault;
  return {
    text: `${lines.join("\n")}\n${stack}`,
    document: {
      schema: "thalweg/error@1",
      error: {
        kind: known?.kind ?? "internal",
        code: known?.code ?? "unexpected",
        message,
        where: { ...known?.where, shape: known?.where.shape?.slice() },
        hint: hint ?? null,
      },
      exitCode,
    },
    exitCode,
  };
}

/** Where an error came from, and its causes. */
export function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return (error.stack ?? error.message) + cause;
}
