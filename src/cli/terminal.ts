import pc from "picocolors";
import { printable } from "../util/printable.ts";

/** Takes the line away that the cursor is on. */
export const CLEAR = "\r\u001b[2K";

/** The two streams and what is known of them: all that the verbs see of the process. */
export interface Terminal {
  /** Writes to stdout: results. */
  out(text: string): void;
  /** Writes to stderr: everything else. */
  err(text: string): void;
  /** Whether stderr is a terminal, so that a progress line can be redrawn. */
  readonly live: boolean;
  /** Columns of stderr. */
  readonly columns: number;
  /** Whether stdout and stderr show colours. */
  readonly outColors: boolean;
  readonly errColors: boolean;
}

export type Style = ReturnType<typeof pc.createColors>;

/** Colours, or functions that leave text as it is. */
export function styleOf(colors: boolean): Style {
  return pc.createColors(colors);
}

/** Whether the environment leaves colours on: NO_COLOR counts when it is not empty (no-color.org). */
export function wantsColors(env: Readonly<Record<string, string | undefined>>): boolean {
  return (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
}

// oxlint-disable-next-line no-control-regex -- Colours begin with a control character.
const COLOR = /(\u001b\[\d{1,2}m)/;

/** Names in models and files may hold what a terminal obeys: only colours pass, where colours are wanted. */
function obeyed(text: string, colors: boolean): string {
  if (!colors) return printable(text);
  return text
    .split(COLOR)
    .map((part, i) => (i % 2 === 1 ? part : printable(part)))
    .join("");
}

export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  const wanted = (stream: NodeJS.WriteStream) => wantsColors(env) && stream.isTTY;
  return {
    out: (text) => void stdout.write(obeyed(text, wanted(stdout))),
    err: (text) => void stderr.write(text === CLEAR ? text : obeyed(text, wanted(stderr))),
    live: stderr.isTTY,
    columns: stderr.columns || 80,
    outColors: wanted(stdout),
    errColors: wanted(stderr),
  };
}
