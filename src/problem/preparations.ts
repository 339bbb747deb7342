import { isSameGraph } from "../graph/same-graph.ts";
import type { Value } from "../graph/value.ts";
import type { Executable } from "../runtime/runtime.ts";
import { sizeOf } from "../util/tensor.ts";
import type { Feeds } from "./batch-feeds.ts";
import type { Preparing } from "./prepared-feeds.ts";

/** What programs need beside their vectors, computed once for a batch. */
export interface Preparation extends Preparing {
  /** To be called once by whoever took it. */
  release(): Promise<void>;
}

/** Of a program that keeps nothing. */
export const NO_PREPARATION: Preparation = {
  keptElements: 0,
  prepare: () => Promise.resolve(new Map()),
  release: () => Promise.resolve(),
};

/**
 * The preparations of a network's programs. Programs that prepare the same (a product for one vector and for blocks of
 * them, products of several matrices with the same factors) share one, and with it what a point keeps of it.
 */
export class Preparations {
  private readonly shared = new Set<Shared>();

  /** The preparation of named values; `compile` is called where no program that is still there has the same. */
  async take(prepared: ReadonlyMap<string, Value>, compile: () => Promise<Executable>): Promise<Preparation> {
    const known = [...this.shared].find((each) => each.prepares(prepared));
    const taken = known ?? new Shared(prepared, compile(), () => this.shared.delete(taken));
    this.shared.add(taken);
    await taken.taken();
    return taken;
  }
}

class Shared implements Preparation {
  readonly keptElements: number;
  private readonly prepared: ReadonlyMap<string, Value>;
  private readonly executable: Promise<Executable>;
  private readonly onLast: () => void;
  private users = 0;

  constructor(prepared: ReadonlyMap<string, Value>, executable: Promise<Executable>, onLast: () => void) {
    this.prepared = prepared;
    this.executable = executable;
    this.onLast = onLast;
    this.keptElements = [...prepared.values()].reduce((sum, value) => sum + sizeOf(value.shape), 0);
  }

  prepares(other: ReadonlyMap<string, Value>): boolean {
    const isNamedSame = [...other.keys()].join() === [...this.prepared.keys()].join();
    return isNamedSame && isSameGraph([...this.prepared.values()], [...other.values()]);
  }

  /** Counts one more program; a preparation that could not be compiled has none. */
  async taken(): Promise<void> {
    this.users++;
    try {
      await this.executable;
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  async prepare(feeds: Feeds, lane: number): Promise<Feeds> {
    return (await this.executable).keep(feeds, lane);
  }

  async release(): Promise<void> {
    if (this.leave()) await (await this.executable).release();
  }

  /** Whether it was the last program that left. */
  private leave(): boolean {
    const isLast = --this.users === 0;
    if (isLast) this.onLast();
    return isLast;
  }
}
