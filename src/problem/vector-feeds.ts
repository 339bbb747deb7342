import type { Feed, Runtime } from "../runtime/runtime.ts";
import { allocate, type FloatType, type TensorData } from "../util/tensor.ts";
import type { Feeds } from "./batch-feeds.ts";
import type { ParameterSpace } from "./parameter-space.ts";

interface Buffers {
  readonly arrays: readonly TensorData[];
  readonly feeds: ReadonlyMap<string, Feed>;
}

/** The input that carries the vector's part for parameter tensor number `index`. */
export function vectorName(index: number): string {
  return `thalweg:v${index}`;
}

/**
 * Blocks of vectors as feeds: one array per parameter tensor, [k, ...shape], without the leading axis
 * for one vector. Feeds are views, so the arrays are written anew for every product instead of being
 * allocated; products that overlap in time get arrays of their own.
 */
export class VectorFeeds {
  private readonly space: ParameterSpace;
  private readonly precision: FloatType;
  private readonly runtime: Runtime;
  private readonly idle = new Map<number, Buffers[]>();

  constructor(space: ParameterSpace, precision: FloatType, runtime: Runtime) {
    this.space = space;
    this.precision = precision;
    this.runtime = runtime;
  }

  /** Runs `work` with the block as feeds; the feeds are void when it has ended. */
  async with<T>(block: readonly Float64Array[], work: (feeds: Feeds) => Promise<T>): Promise<T> {
    const size = block.length;
    if (size === 0) return work(new Map());
    const shelf = this.idle.get(size) ?? [];
    this.idle.set(size, shelf);
    const buffers = shelf.pop() ?? this.make(size);
    this.space.tensors.forEach(({ offset, size: length }, i) => {
      block.forEach((vector, k) => buffers.arrays[i].set(vector.subarray(offset, offset + length), k * length));
    });
    try {
      return await work(buffers.feeds);
    } finally {
      shelf.push(buffers);
    }
  }

  private make(size: number): Buffers {
    const lead = size === 1 ? [] : [size];
    const arrays = this.space.tensors.map((tensor) => allocate(this.precision, tensor.size * size));
    const feeds = new Map(
      this.space.tensors.map(({ shape }, i) => [
        vectorName(i),
        this.runtime.feed({ dtype: this.precision, shape: [...lead, ...shape], data: arrays[i] }),
      ]),
    );
    return { arrays, feeds };
  }
}
