import { releaseAll, type Feeds } from "./batch-feeds.ts";
import type { BatchRange } from "./batches.ts";
import type { MemoryBudget } from "./memory-budget.ts";

/** A program, as far as it is asked to prepare. */
export interface Preparing {
  /** Elements that it prepares for a batch. */
  readonly keptElements: number;
  prepare(feeds: Feeds, lane: number): Promise<Feeds>;
}

interface Kept {
  readonly feeds: Promise<Feeds>;
  readonly bytes: number;
}

/** What programs have prepared for the batches of one point; kept while the budget lasts, made again beyond it. */
export class PreparedFeeds {
  private readonly budget: MemoryBudget;
  private readonly bytesPerElement: number;
  private readonly kept = new Map<Preparing, Map<string, Kept>>();

  constructor(budget: MemoryBudget, bytesPerElement: number) {
    this.budget = budget;
    this.bytesPerElement = bytesPerElement;
  }

  /** What a program needs beside its vectors; `isLent` where the caller releases it. */
  async of(
    program: Preparing,
    { start, end }: BatchRange,
    feeds: Feeds,
    lane: number,
  ): Promise<{ kept: Feeds; isLent: boolean }> {
    const shelf = this.kept.get(program) ?? new Map<string, Kept>();
    this.kept.set(program, shelf);
    const place = `${start}-${end}`;
    const known = shelf.get(place);
    if (known) return { kept: await known.feeds, isLent: false };
    const bytes = program.keptElements * this.bytesPerElement;
    const pending = program.prepare(feeds, lane);
    if (!this.budget.take(bytes)) return { kept: await pending, isLent: true };
    shelf.set(place, { feeds: pending, bytes });
    try {
      return { kept: await pending, isLent: false };
    } catch (error) {
      if (shelf.delete(place)) this.budget.give(bytes);
      throw error;
    }
  }

  async release(): Promise<void> {
    const all = [...this.kept.values()].flatMap((shelf) => [...shelf.values()]);
    this.kept.clear();
    for (const { feeds, bytes } of all) {
      this.budget.give(bytes);
      releaseAll(await feeds);
    }
  }
}
