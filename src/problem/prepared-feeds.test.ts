import { describe, expect, it } from "vitest";
import { MemoryBudget } from "./memory-budget.ts";
import { PreparedFeeds, type Preparing } from "./prepared-feeds.ts";

const RANGE = { start: 0, end: 4 };

/** A program that counts what it is asked for, and what of it is released. */
function counting(keptElements: number, failing = false) {
  const counts = { prepared: 0, released: 0 };
  const program: Preparing = {
    keptElements,
    prepare: async () => {
      counts.prepared++;
      if (failing) throw new RangeError("no memory");
      return new Map([["prepared:0", { elements: keptElements, release: () => void counts.released++ }]]);
    },
  };
  return { program, counts };
}

describe("what programs prepare for a batch", () => {
  it("is made once for each batch and program while the budget lasts, and given back", async () => {
    const budget = new MemoryBudget(100);
    const prepared = new PreparedFeeds(budget, 4);
    const [one, other] = [counting(5), counting(5)];
    const first = await prepared.of(one.program, RANGE, new Map(), 0);
    expect(first.isLent).toBe(false);
    expect((await prepared.of(one.program, RANGE, new Map(), 0)).kept).toBe(first.kept);
    await prepared.of(one.program, { start: 4, end: 8 }, new Map(), 0);
    await prepared.of(one.program, { start: 0, end: 8 }, new Map(), 0);
    await prepared.of(other.program, RANGE, new Map(), 0);
    expect([one.counts.prepared, other.counts.prepared]).toEqual([3, 1]);
    expect(budget.free).toBe(100 - 4 * 20);
    await prepared.release();
    expect([one.counts.released, other.counts.released]).toEqual([3, 1]);
    expect(budget.free).toBe(100);
  });

  it("is lent to the caller where the budget is spent, and nothing is counted", async () => {
    const budget = new MemoryBudget(19);
    const prepared = new PreparedFeeds(budget, 4);
    const { program, counts } = counting(5);
    for (let i = 0; i < 2; i++) expect((await prepared.of(program, RANGE, new Map(), 0)).isLent).toBe(true);
    await prepared.release();
    expect(counts).toEqual({ prepared: 2, released: 0 });
    expect(budget.free).toBe(19);
  });

  it("is asked for again where it failed, with the budget given back", async () => {
    const budget = new MemoryBudget(100);
    const prepared = new PreparedFeeds(budget, 4);
    const { program, counts } = counting(5, true);
    for (let i = 0; i < 2; i++) await expect(prepared.of(program, RANGE, new Map(), 0)).rejects.toThrow("no memory");
    expect(counts.prepared).toBe(2);
    expect(budget.free).toBe(100);
  });
});
