import type { Dataset } from "../data/dataset.ts";
import type { Feed, Runtime } from "../runtime/runtime.ts";
import { inPrecision, isFloat, type FloatType } from "../util/tensor.ts";
import type { BatchRange } from "./batches.ts";
import { fedName } from "./file-names.ts";
import { LABELS } from "./loss-graph.ts";
import type { MemoryBudget } from "./memory-budget.ts";

export type Feeds = ReadonlyMap<string, Feed>;

/** The data as feeds, batch by batch; batches are kept while the budget lasts and read again beyond it. */
export class BatchFeeds {
  private readonly dataset: Dataset;
  private readonly runtime: Runtime;
  private readonly precision: FloatType;
  private readonly budget: MemoryBudget;
  private readonly kept = new Map<string, { readonly feeds: Feeds; readonly bytes: number }>();

  constructor(dataset: Dataset, runtime: Runtime, precision: FloatType, budget: MemoryBudget) {
    this.dataset = dataset;
    this.runtime = runtime;
    this.precision = precision;
    this.budget = budget;
  }

  /** Runs `work` with the data of a batch; the feeds are void when it has ended. */
  async with<T>({ start, end }: BatchRange, work: (feeds: Feeds) => Promise<T>): Promise<T> {
    const key = `${start}-${end}`;
    const known = this.kept.get(key);
    if (known) return work(known.feeds);
    const { inputs, y } = this.dataset.batch(start, end);
    const feeds = new Map<string, Feed>();
    let bytes = 0;
    const named = Object.entries(inputs).map(([name, tensor]) => [fedName(name), tensor] as const);
    for (const [name, tensor] of [...named, [LABELS, y] as const]) {
      const isNumber = isFloat(tensor.dtype);
      const dtype = isNumber ? this.precision : tensor.dtype;
      const data = isNumber ? inPrecision(tensor.data, this.precision) : tensor.data;
      feeds.set(name, this.runtime.feed({ dtype, shape: tensor.shape, data }));
      bytes += data.byteLength;
    }
    if (this.budget.take(bytes)) {
      this.kept.set(key, { feeds, bytes });
      return work(feeds);
    }
    try {
      return await work(feeds);
    } finally {
      releaseAll(feeds);
    }
  }

  /** Frees what is kept; nothing may be under way. */
  release(): void {
    for (const { feeds, bytes } of this.kept.values()) {
      this.budget.give(bytes);
      releaseAll(feeds);
    }
    this.kept.clear();
  }
}

export function releaseAll(feeds: Feeds): void {
  for (const feed of feeds.values()) feed.release();
}
