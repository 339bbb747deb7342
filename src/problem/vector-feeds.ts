import type { Runtime, Slot } from "../runtime/runtime.ts";
import type { FloatType } from "../util/tensor.ts";
import type { Feeds } from "./batch-feeds.ts";
import type { ParameterSpace } from "./parameter-space.ts";

/** The input that carries the vector's part for parameter tensor number `index`. */
export function vectorName(index: number): string {
  return `thalweg:v${index}`;
}

/**
 * Blocks of vectors as feeds: one slot per parameter tensor, [k, ...shape], without the leading axis for
 * one vector. Slots are written anew for every product instead of being allocated; products that overlap
 * in time get slots of their own.
 */
export class VectorFeeds {
  private readonly space: ParameterSpace;
  private readonly precision: FloatType;
  private readonly runtime: Runtime;
  private readonly idle = new Map<number, (readonly Slot[])[]>();

  constructor(space: ParameterSpace, precision: FloatType, runtime: Runtime) {
    this.space = space;
    this.precision = precision;
    this.runtime = runtime;
  }

  /**
   * Runs `work` with the block as feeds; the feeds are void when it has ended.
   *
   * @throws usage error `dimension-mismatch` for a vector of another space
   */
  async with<T>(block: readonly Float64Array[], work: (feeds: Feeds) => Promise<T>): Promise<T> {
    const size = block.length;
    if (size === 0) return work(new Map());
    for (const vector of block) this.space.requireVector(vector);
    const shelf = this.idle.get(size) ?? [];
    this.idle.set(size, shelf);
    const slots = shelf.pop() ?? this.make(size);
    this.space.tensors.forEach(({ offset, size: length }, i) => {
      block.forEach((vector, k) => slots[i].write(vector.subarray(offset, offset + length), k * length));
    });
    try {
      return await work(new Map(slots.map((slot, i) => [vectorName(i), slot])));
    } finally {
      shelf.push(slots);
    }
  }

  private make(size: number): Slot[] {
    const lead = size === 1 ? [] : [size];
    return this.space.tensors.map(({ shape }) => this.runtime.slot(this.precision, [...lead, ...shape]));
  }
}
