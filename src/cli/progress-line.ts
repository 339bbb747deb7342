import type { ProgressEvent } from "../util/run-context.ts";
import { printableLine } from "../util/printable.ts";
import { formatNumber } from "../util/format-number.ts";
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
  /** What was done when its stage was first heard of. */
  let before = 0;
  return {
    update(event) {
      const time = now();
      if (event.stage !== stage) {
        stage = event.stage;
        started = time;
        before = event.done;
      }
      if (time - last < REDRAW_MS) return;
      last = time;
      terminal.err(CLEAR);
      terminal.err(printableLine(describe(event, time - started, before)).slice(0, Math.max(20, terminal.columns - 1)));
      drawn = true;
    },
    clear() {
      if (drawn) terminal.err(CLEAR);
      drawn = false;
    },
  };
}

/** @param before what was done when the time began to run */
export function describe({ stage, done, total, unit, estimate }: ProgressEvent, elapsed: number, before = 0): string {
  const parts = [total === undefined ? `${stage}: ${done}` : `${stage}: ${done}/${total}`];
  if (estimate !== undefined) parts.push(estimate);
  const isKnown = done > before && elapsed > 1000;
  if (unit !== undefined && isKnown) parts.push(`${formatNumber((1000 * (done - before)) / elapsed, 3)} ${unit}/s`);
  if (total !== undefined && isKnown)
    parts.push(`${formatDuration((elapsed / (done - before)) * Math.max(0, total - done))} left`);
  return parts.join(" · ");
}
