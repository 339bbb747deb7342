import type { RunContext } from "../util/run-context.ts";
import { wrap } from "./layout.ts";
import { progressLine } from "./progress-line.ts";
import { styleOf, type Style, type Terminal } from "./terminal.ts";

/** What surrounds a verb while it runs. */
export interface Shell {
  /** Colours for what goes to stdout. */
  readonly style: Style;
  /** The arguments as they were typed. */
  readonly command: readonly string[];
  readonly signal: AbortSignal;
  /** Milliseconds since the program began. */
  elapsed(): number;
  /** Says something about the run; silent with --quiet. */
  note(text: string): void;
  /** Says something only with --verbose. */
  detail(text: string): void;
  /** Says what may spoil the result; silent with --quiet, since results hold the warnings too. */
  warn(text: string): void;
  /** A context for measurements, with progress on the terminal and an optional budget in milliseconds. */
  context(budget?: number): RunContext;
  /** Takes the progress line away. */
  settle(): void;
}

export interface ShellOptions {
  readonly terminal: Terminal;
  readonly command: readonly string[];
  readonly signal: AbortSignal;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
}

export function createShell(options: ShellOptions): Shell {
  const { terminal, command, signal, quiet, verbose, color } = options;
  const err = styleOf(color && terminal.errColors);
  const start = performance.now();
  const elapsed = () => performance.now() - start;
  const progress = progressLine(terminal, elapsed);
  const say = (text: string) => {
    progress.clear();
    terminal.err(`${text}\n`);
  };
  return {
    style: styleOf(color && terminal.outColors),
    command,
    signal,
    elapsed,
    note: (text) => quiet || say(wrap(text, undefined, "  ")),
    detail: (text) => (verbose && !quiet ? say(err.dim(text)) : undefined),
    warn: (text) => quiet || say(`${err.yellow("warning:")} ${wrap(text, 71, "  ")}`),
    context(budget) {
      const began = elapsed();
      return {
        signal,
        ...(budget !== undefined && { outOfTime: () => elapsed() - began >= budget }),
        ...(terminal.live && !quiet && { progress: progress.update }),
      };
    },
    settle: () => progress.clear(),
  };
}
