import type { Target } from "../graph/emitter.ts";
import { peakBytes } from "../graph/peak-bytes.ts";
import { formatBytes } from "../util/format-size.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { engineValues } from "./compile-values.ts";
import type { Computation } from "./computation.ts";
import { type ProgramSite, programValues } from "./program-values.ts";

interface Question {
  /** Vectors at a time. */
  readonly block: number;
  readonly target: Target;
}

/**
 * Bytes that an engine holds at most of what a run of a computation computes ({@link peakBytes}), as a line in the number of its
 * examples, from batches of one and two; of a network that takes one size only, all at that size.
 *
 * Cost: the computation is derived twice.
 */
export function runBytes(site: ProgramSite, computation: Computation, { block, target }: Question): RunBytes {
  const at = (batch: number) => peakBytes(engineValues(programValues(site, computation, batch, block).values, target));
  const { batchSize, coupled } = site.problem;
  const whole = coupled !== undefined || batchSize === 1 || !isOpen(site);
  if (whole) return { fixed: 0, each: at(batchSize) / batchSize, least: batchSize };
  const [one, two] = [at(1), at(2)];
  return { fixed: Math.max(0, 2 * one - two), each: Math.max(1, two - one), least: 1 };
}

/** A run on b examples takes fixed + b·each bytes. */
export interface RunBytes {
  readonly fixed: number;
  readonly each: number;
  /** Fewest examples that it can be on. */
  readonly least: number;
}

export function leastBytes({ fixed, each, least }: RunBytes): number {
  return fixed + least * each;
}

/** What a run is on, and how it is computed. */
export interface Fit {
  /** Examples, at most. */
  readonly examples: number;
  /** More than one where it is computed again in segments ({@link recomputed}). */
  readonly segments: number;
}

/** Segments that are tried, one after the other. */
const SEGMENTS = [4, 8, 16, 32];

/** Bytes of a run on the fewest examples, in as few segments as take no more than `limit`, or else in those that take least. */
export function leastInSegments(
  site: ProgramSite,
  computation: Computation,
  { block, target, limit, least }: Question & { readonly limit: number; readonly least: number },
): { readonly bytes: number; readonly segments: number } {
  const { values, inSegments } = programValues(site, computation, least, block);
  let best = { bytes: Number.POSITIVE_INFINITY, segments: 1 };
  for (const segments of SEGMENTS) {
    const bytes = peakBytes(engineValues(values, target, inSegments(segments)));
    if (bytes < best.bytes) best = { bytes, segments };
    if (bytes <= limit) break;
  }
  return best;
}

/**
 * How a computation is run to take no more than `limit` bytes: on fewer examples, and where the fewest are too many, from less
 * memory for more time.
 *
 * @throws input error `memory-too-small` where that is too much, too
 */
export function fit(site: ProgramSite, computation: Computation, question: Question & { readonly limit: number }): Fit {
  const { limit } = question;
  const bytes = runBytes(site, computation, question);
  const { least } = bytes;
  const examples = Math.floor((limit - bytes.fixed) / bytes.each);
  if (examples >= least) return { examples, segments: 1 };
  const again = leastInSegments(site, computation, { ...question, least });
  if (again.bytes <= limit) return { examples: least, segments: again.segments };
  throw memoryTooSmall(
    `${computation.name} on ${least === 1 ? "one example" : `${least} examples`}`,
    Math.min(again.bytes, leastBytes(bytes)),
    limit,
  );
}

/** Of what is given more, a part is kept between products, and what a process holds differs from one time to the next. */
const MORE = 1.5;

/**
 * @param remedy what else helps, as a noun
 * @param more bytes that have to be given for each that is lacking
 */
export function memoryTooSmall(
  what: string,
  needed: number,
  left: number,
  { remedy = "shorter examples", more = MORE }: { readonly remedy?: string; readonly more?: number } = {},
): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "memory-too-small",
    message: `${what} takes about ${formatBytes(needed)}, and --memory leaves ${formatBytes(Math.max(0, left))} for it beside what the process holds.`,
    hint: `Give at least ${formatBytes(more * (needed - left))} more, or --precision float32, or ${remedy}.`,
  });
}

function isOpen({ network }: ProgramSite): boolean {
  try {
    network(1);
    network(2);
    return true;
  } catch (error) {
    if (error instanceof ThalwegError && error.kind === "input") return false;
    throw error;
  }
}
