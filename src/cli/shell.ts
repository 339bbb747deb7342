import type { RunContext } from "../util/run-context.ts";
import type { ExitCode } from "./exit-code.ts";
import { wrap } from "./layout.ts";
import { stackOf } from "./present-error.ts";
import { progressLine } from "./progress-line.ts";
import { styleOf, type Style, type Terminal } from "./terminal.ts";

/** What surrounds a verb while it runs. */
export interface Shell {
  /** Colours for what goes to stdout. */
  readonly style: Style;
  /** The arguments as they were typed. */
  readonly command: readonly string[];
  readonly interruption: Interruption;
  /** Milliseconds since the program began. */
  elapsed(): number;
  /** Says something about the run; silent with --quiet. */
  note(text: string): void;
  /** Says something only with --verbose. */
  detail(text: string): void;
  /** Says what may spoil the result; silent with --quiet, since results hold the warnings too. */
  warn(text: string): void;
  /** Says that a part failed by a fault of ours while the others go on; the stack only with --debug. */
  fault(error: Error): void;
  /** A context for work that stops at the first Ctrl-C (or SIGTERM). */
  context(): RunContext;
  /**
   * A context for measurements that end early with what they have: when the budget in milliseconds is
   * spent, or at the first Ctrl-C; the second one stops them.
   */
  measuringContext(budget?: number): RunContext;
  /** Takes the progress line away. */
  settle(): void;
}

/** Ctrl-C or SIGTERM, once and again. */
export interface Interruption {
  readonly asked: AbortSignal;
  readonly insisted: AbortSignal;
  /** What the process returns when it was interrupted: which signal it was. */
  exitCode(): ExitCode;
}

export interface ShellOptions {
  readonly terminal: Terminal;
  readonly command: readonly string[];
  readonly interruption: Interruption;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly debug: boolean;
  readonly color: boolean;
}

export function createShell(options: ShellOptions): Shell {
  const { terminal, command, interruption, quiet, verbose, debug, color } = options;
  const err = styleOf(color && terminal.errColors);
  const start = performance.now();
  const elapsed = () => performance.now() - start;
  const progress = progressLine(terminal, elapsed);
  const live = terminal.live && !quiet ? { progress: progress.update } : {};
  const say = (text: string) => {
    progress.clear();
    terminal.err(`${text}\n`);
  };
  const warn = (text: string) => quiet || say(`${err.yellow("warning:")} ${wrap(text, 71, "  ")}`);
  return {
    style: styleOf(color && terminal.outColors),
    command,
    interruption,
    elapsed,
    note: (text) => quiet || say(wrap(text, undefined, "  ")),
    detail: (text) => (verbose && !quiet ? say(err.dim(text)) : undefined),
    warn,
    fault: (error) => {
      warn(error.message);
      if (debug) say(err.dim(stackOf(error)));
    },
    context: () => ({ signal: interruption.asked, ...live }),
    measuringContext(budget = Number.POSITIVE_INFINITY) {
      const began = elapsed();
      return {
        signal: interruption.insisted,
        hasBudget: Number.isFinite(budget),
        outOfTime: () => interruption.asked.aborted || elapsed() - began >= budget,
        ...live,
      };
    },
    settle: () => progress.clear(),
  };
}
