import { hessianProduct } from "../problem/derivatives/hessian.ts";
import { ForwardLoss } from "../problem/forward-loss.ts";
import type { Point } from "../problem/point.ts";
import type { Problem } from "../problem/problem.ts";
import { type Work, WORK_KINDS, type WorkKind } from "../problem/work.ts";
import { onVectors } from "./time-vectors.ts";

/** What one of a kind takes on this machine, in milliseconds. */
export interface Pace {
  /** Once more of it, when it is warm. */
  readonly each: number;
  /** What the first takes besides: its graph is derived and opened. */
  readonly first: number;
}

export type Paces = ReadonlyMap<WorkKind, Pace>;

/** What was found of a problem. */
export interface Timed {
  readonly paces: Paces;
  /** Bytes that products on all batches will keep, beyond what those of the first have kept. */
  readonly more: number;
}

/** Batches that are timed; of more, they stand for all. */
const BATCHES = 8;

/**
 * Times what a plan is made of, each kind twice: on the first eight batches where there are more, as all batches are
 * alike. A problem that has only losses has only their time.
 *
 * Cost: two of each kind that there is work of, on eight batches at most.
 */
export async function timeWork(problem: Problem | ForwardLoss, work: Work, clock: () => number): Promise<Timed> {
  const paces = new Map<WorkKind, Pace>();
  const timed = async (kind: WorkKind, share: number, once: () => Promise<number>, hasPrograms = true) => {
    const before = clock();
    await once();
    const between = clock();
    const count = await once();
    const each = (clock() - between) / (count * share);
    paces.set(kind, { each, first: hasPrograms ? Math.max(0, between - before - each * count * share) : 0 });
  };
  if (problem instanceof ForwardLoss) {
    // The network is opened anew at every point: nothing of it is warm.
    const before = clock();
    await problem.value(problem.network.parameters);
    paces.set("losses", { each: clock() - before, first: 0 });
    return { paces, more: 0 };
  }
  const kinds = WORK_KINDS.filter((kind) => (work[kind] ?? 0) > 0);
  const narrow = kinds.filter((kind) => kind in NARROW);
  let more = 0;
  if (narrow.length > 0) more += await onPart(problem, (point, share) => timeKinds(narrow, point, share, timed));
  const wide = kinds.filter((kind) => kind in WIDE);
  const finest = problem.inFloat64 ?? problem;
  if (wide.length > 0) more += await onPart(finest, (point, share) => timeKinds(wide, point, share, timed));
  const beside = onVectors(problem, finest);
  for (const kind of kinds) {
    const found = beside[kind];
    if (found) await timed(kind, found.share, found.once, false);
  }
  return { paces, more };
}

/** What all of it takes, in milliseconds; what was not timed takes nothing. */
export function timeOf(work: Work, paces: Paces): number {
  return WORK_KINDS.reduce((sum, kind) => sum + (work[kind] ?? 0) * (paces.get(kind)?.each ?? 0), 0);
}

type Once = (point: Point, vector: Float64Array) => Promise<number>;

/** Does one of a kind, with a vector, or as many as are done at once, and says how many. */
const NARROW: Partial<Record<WorkKind, Once>> = {
  products: async (point, vector) => {
    const block = Array.from({ length: point.preferredBlock }, () => vector);
    await point.product(hessianProduct, block);
    return block.length;
  },
  gradients: async (point) => {
    await point.gradient();
    return 1;
  },
  losses: async (point) => {
    await point.anyValue();
    return 1;
  },
  exampleNorms: async (point) => {
    await point.exampleGradientSquares();
    return 1;
  },
};

/** What is asked for in float64 comes one by one. */
const WIDE: Partial<Record<WorkKind, Once>> = {
  wideProducts: async (point, vector) => {
    await point.product(hessianProduct, [vector]);
    return 1;
  },
  wideGradients: NARROW.gradients,
  wideLosses: NARROW.losses,
  wideExampleNorms: NARROW.exampleNorms,
};

async function timeKinds(
  kinds: readonly WorkKind[],
  point: Point,
  share: number,
  timed: (kind: WorkKind, share: number, once: () => Promise<number>) => Promise<void>,
): Promise<void> {
  const vector = point.parameters;
  for (const kind of kinds) {
    const once = NARROW[kind] ?? WIDE[kind];
    if (once) await timed(kind, share, () => once(point, vector));
  }
}

/**
 * Shows the point of a problem, or the same with its first batches alone, and their share of all; and says how much more
 * all batches will keep.
 */
async function onPart(problem: Problem, work: (point: Point, share: number) => Promise<void>): Promise<number> {
  const { point } = problem;
  const most = BATCHES * point.batchSize;
  if (point.examples <= most) {
    await work(point, 1);
    return 0;
  }
  const before = problem.keeps;
  await using part = problem.at(point.parameters, { examples: Int32Array.from({ length: most }, (_, i) => i) });
  await work(part, most / point.examples);
  const kept = problem.keeps.bytes - before.bytes;
  return Math.min(before.most - before.bytes, (kept * point.examples) / most) - kept;
}
