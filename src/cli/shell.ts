import type { RunContext } from "../util/run-context.ts";
import type { Listener } from "../runs/event.ts";
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
  /** Hears what a run says. */
  readonly listener: Listener;
  /** A context for work that stops at the first Ctrl-C (or SIGTERM), and ends early when a budget is spent. */
  context(budget?: number): RunContext;
  /**
   * A context for measurements that end early with what they have: when the budget in milliseconds is
   * spent, or at the first Ctrl-C; the second one stops them.
   */
  measuringContext(budget?: number): RunContext;
  /** Takes the progress line away. */
  settle(): void;
}

/** Ctrl-C, SIGTERM or SIGHUP, once and again. */
export interface Interruption {
  readonly asked: AbortSignal;
  readonly insisted: AbortSignal;
  /** From now on signals are heard: there is something that may be lost. */
  listen(): void;
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
  const live: Pick<RunContext, "progress"> = terminal.live && !quiet ? { progress: progress.update } : {};
  const say = (text: string) => {
    progress.clear();
    terminal.err(`${text}\n`);
  };
  const warn = (text: string) => quiet || say(`${err.yellow("warning:")} ${wrap(text, 71, "  ")}`);
  const note = (text: string) => quiet || say(wrap(text, undefined, "  "));
  const timed = (budget: number) => {
    const began = elapsed();
    return { hasBudget: Number.isFinite(budget), outOfTime: () => elapsed() - began >= budget };
  };
  return {
    style: styleOf(color && terminal.outColors),
    command,
    interruption,
    elapsed,
    note,
    detail: (text) => (verbose && !quiet ? say(err.dim(text)) : undefined),
    warn,
    fault: (error) => {
      warn(error.message);
      if (debug) say(err.dim(stackOf(error)));
    },
    listener(event) {
      const of = event.task === undefined ? "" : `${event.task}: `;
      if (event.type === "note") note(`${of}${event.text}`);
      else if (event.type === "warning") warn(`${of}${event.text}`);
      else if (event.type === "progress") live.progress?.({ ...event, stage: `${of}${event.stage}` });
    },
    context(budget = Number.POSITIVE_INFINITY) {
      interruption.listen();
      return { signal: interruption.asked, ...timed(budget), ...live };
    },
    measuringContext(budget = Number.POSITIVE_INFINITY) {
      interruption.listen();
      const { hasBudget, outOfTime } = timed(budget);
      return {
        signal: interruption.insisted,
        hasBudget,
        outOfTime: () => interruption.asked.aborted || outOfTime(),
        ...live,
      };
    },
    settle: () => progress.clear(),
  };
}
