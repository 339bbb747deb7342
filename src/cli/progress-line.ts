import type { ProgressEvent } from "../util/run-context.ts";
import { printableLine } from "../util/printable.ts";
import { formatDuration } from "../util/format-size.ts";
import { CLEAR, type Terminal } from "./terminal.ts";

/** One line on a terminal that is redrawn in place. */
export interface ProgressLine {
  readonly update: (event: ProgressEvent) => void;
  clear(): void;
}

const REDRAW_MS = 100;

/** Shows what is measured, the live estimate and the time left; draws nothing where stderr is no terminal. */
export function progressLine(terminal: Terminal, now: () => number): ProgressLine {
  let drawn = false;
  let last = Number.NEGATIVE_INFINITY;
  let stage = "";
  let started = 0;
  return {
    update(event) {
      const time = now();
      if (event.stage !== stage) {
        stage = event.stage;
        started = time;
      }
      if (time - last < REDRAW_MS) return;
      last = time;
      terminal.err(CLEAR);
      terminal.err(printableLine(describe(event, time - started)).slice(0, Math.max(20, terminal.columns - 1)));
      drawn = true;
    },
    clear() {
      if (drawn) terminal.err(CLEAR);
      drawn = false;
    },
  };
}

export function describe({ stage, done, total, estimate }: ProgressEvent, elapsed: number): string {
  const parts = [total === undefined ? `${stage}: ${done}` : `${stage}: ${done}/${total}`];
  if (estimate !== undefined) parts.push(estimate);
  if (total !== undefined && done > 0 && elapsed > 1000)
    parts.push(`${formatDuration((elapsed / done) * Math.max(0, total - done))} left`);
  return parts.join(" · ");
}
