import type { Runtime } from "../runtime/runtime.ts";
import { inOrder } from "../util/in-order.ts";
import { type RunContext, throwIfInterrupted } from "../util/run-context.ts";
import type { Tensor } from "../util/tensor.ts";
import { type Feeds, releaseAll } from "./batch-feeds.ts";
import { type BatchRange, batchesOf } from "./batches.ts";
import type { Computation } from "./computation.ts";
import { MemoryBudget } from "./memory-budget.ts";
import type { PointMachinery } from "./point-machinery.ts";
import type { PointPreparation } from "./point-preparation.ts";
import { PreparedFeeds } from "./prepared-feeds.ts";

/** Shows the values of a batch. */
export type VisitBatch = (batch: BatchRange, values: readonly Tensor[]) => void;

/** What a run over batches is given besides its computation. */
export interface BatchRun {
  /** Examples that it is over; all when absent. */
  readonly range?: BatchRange;
  readonly block?: readonly Float64Array[];
  /** Feeds of one batch, released behind it. */
  readonly extra?: (batch: BatchRange) => Feeds;
  /** Feeds of all batches, which stay the caller's. */
  readonly shared?: Feeds;
  /** Feeds of one batch, which stay the caller's. */
  readonly held?: (batch: BatchRange) => Feeds;
}

interface Watched extends BatchRun {
  readonly context: RunContext;
  readonly visit: VisitBatch;
}

/** One batch is computed and one waits. */
const BATCHES_PER_LANE = 2;

/** How many pieces of work to start at once: each lane has some waiting, so that none is ever idle; one engine takes one. */
export function sideBySide({ lanes }: Runtime, perLane: number): number {
  return lanes === 1 ? 1 : lanes * perLane;
}

/** Runs a computation at a point on every batch, side by side on the lanes of the runtime, and shows its values in order. */
export async function runBatches(
  { programs, vectors, runtime }: PointMachinery,
  { sample, held: parameters, scales, prepared }: PointPreparation,
  computation: Computation,
  { context, visit, range = { start: 0, end: sample.examples }, block = [], extra, shared = new Map(), held }: Watched,
): Promise<void> {
  // What one batch alone is fed may be in what is prepared for it, which the next run is not to find.
  const own = extra === undefined ? prepared : new PreparedFeeds(new MemoryBudget(0), 1);
  const run = async (batch: BatchRange, blockFeeds: Feeds): Promise<() => void> => {
    throwIfInterrupted(context);
    const extras: Feeds = extra?.(batch) ?? new Map();
    try {
      const values = await sample.feeds.with(batch, (data) =>
        programs.run(computation, {
          batch,
          feeds: new Map([...parameters.slots, ...scales, ...data, ...shared, ...(held?.(batch) ?? []), ...extras]),
          block: block.length,
          vectors: blockFeeds,
          prepared: own,
        }),
      );
      return () => visit(batch, values);
    } finally {
      releaseAll(extras);
    }
  };
  const size = await programs.mostExamples(computation, block.length);
  await vectors.with(block, (blockFeeds) =>
    inOrder(batchesOf(range, size), sideBySide(runtime, BATCHES_PER_LANE), (batch) => run(batch, blockFeeds)),
  );
}
