import { breadthFirst } from "./breadth-first.ts";
import { heldAlong } from "./held-along.ts";
import { runOrder } from "./run-order.ts";
import { reachable } from "./traverse.ts";
import type { Value } from "./value.ts";

/** Values from which on the order shows in how long it takes to open them. */
const MANY = 1000;
/** Bytes that runs may take more to be opened sooner, for each value: an engine holds more than that to describe it. */
const LITTLE = 2 ** 10;

/** The order in which a graph is written. */
export interface EmissionOrder {
  /** Everything that the outputs need. */
  readonly values: readonly Value[];
  /** Each output once, in the order in which they get their names. */
  readonly outputs: readonly Value[];
  /** Whether each gets it as soon as it is there, rather than behind everything. */
  readonly namesEarly: boolean;
}

/**
 * In which order a graph is written, which decides how long ONNX Runtime takes to open it ({@link breadthFirst}), and in which
 * order it runs it, and so what it holds ({@link runOrder}). As values were made is how they are meant to be run: slopes of a
 * deep network are used where they are made. Breadth first opens soonest, soonest of all where outputs do not wait for their
 * names until the end; a graph of many values is written so as far as its runs take little more.
 */
export function emissionOrder(outputs: readonly Value[]): EmissionOrder {
  const values = reachable(outputs);
  const asMade: EmissionOrder = { values, outputs: [...new Set(outputs)], namesEarly: false };
  if (values.length < MANY) return asMade;
  const most = bytesOfRun(asMade) + LITTLE * values.length;
  const broad = { ...asMade, values: breadthFirst(values) };
  const asked = new Set(outputs);
  const early = { ...broad, outputs: broad.values.filter((value) => asked.has(value)), namesEarly: true };
  return [early, broad].find((order) => bytesOfRun(order) <= most) ?? asMade;
}

/** Bytes that the values of one run hold at most at one time, of a graph that is written so. */
export function bytesOfRun({ values, outputs }: EmissionOrder): number {
  return heldAlong(runOrder(values, outputs), outputs);
}
