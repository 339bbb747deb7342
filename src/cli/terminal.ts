import pc from "picocolors";

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

export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  const wanted = (stream: NodeJS.WriteStream) => wantsColors(env) && stream.isTTY;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    live: stderr.isTTY,
    columns: stderr.columns || 80,
    outColors: wanted(stdout),
    errColors: wanted(stderr),
  };
}
