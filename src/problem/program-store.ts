import { vectorize } from "../autodiff/vectorize.ts";
import type { Value } from "../graph/value.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { releaseAll, type BatchFeeds, type Feeds } from "./batch-feeds.ts";
import { BatchProgram } from "./batch-program.ts";
import type { BatchRange } from "./batches.ts";
import type { LossGraph } from "./loss-graph.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import type { Network } from "./network.ts";
import type { ParameterSpace } from "./parameter-space.ts";
import { vectorName } from "./vector-feeds.ts";
import { elementBytes, type ProblemOptions } from "./problem-options.ts";

/** Named outputs of one batch, given the loss graph and one tangent per parameter tensor. */
export type Build = (graph: LossGraph, tangents: readonly Value[]) => Map<string, Value>;

interface Stored {
  readonly program: BatchProgram;
  /** What was prepared per batch at the current parameters. */
  readonly kept: Map<number, Feeds>;
}

interface StoreOptions {
  readonly problem: ProblemOptions;
  readonly examples: number;
  readonly space: ParameterSpace;
  readonly runtime: Runtime;
  readonly budget: MemoryBudget;
  readonly network: (batch: number) => Network;
  readonly data: BatchFeeds;
}

/** Compiles programs on first use, one per computation, batch size and block size, and keeps them. */
export class ProgramStore {
  private readonly options: StoreOptions;
  private readonly stored = new Map<string, Promise<Stored>>();
  /** How often the parameters have changed: what is prepared for one era is not kept in the next. */
  private era = 0;

  constructor(options: StoreOptions) {
    this.options = options;
  }

  /**
   * Runs a computation on one batch. `block` counts the vectors that `vectors` carries: 0 for none,
   * 1 for plain tensors, more for a leading axis.
   */
  async run(name: string, batch: BatchRange, parameters: Feeds, build: Build, block = 0, vectors: Feeds = new Map()) {
    const size = batch.end - batch.start;
    const key = `${name}/${size}/${block}`;
    let pending = this.stored.get(key);
    if (!pending) {
      pending = this.compile(size, block, build);
      this.stored.set(key, pending);
    }
    const stored = await pending;
    const lane = this.laneOf(batch);
    return this.options.data.with(batch, async (data) => {
      const feeds = new Map([...parameters, ...data]);
      const { prepared, isKept } = await this.prepared(stored, batch, feeds, lane);
      try {
        return await stored.program.run(new Map([...feeds, ...prepared, ...vectors]), lane);
      } finally {
        if (!isKept) releaseAll(prepared);
      }
    });
  }

  /** A batch is always run on the same lane, where what is kept for it lies. */
  private laneOf({ start }: BatchRange): number {
    const { problem, runtime } = this.options;
    return Math.floor(start / problem.batchSize) % runtime.lanes;
  }

  /** Forgets what was prepared for the old parameters. */
  async invalidate(): Promise<void> {
    this.era++;
    for (const pending of this.stored.values()) {
      const { program, kept } = await pending;
      this.options.budget.give(kept.size * this.bytesOf(program));
      for (const feeds of kept.values()) releaseAll(feeds);
      kept.clear();
    }
  }

  async release(): Promise<void> {
    await this.invalidate();
    for (const pending of this.stored.values()) await (await pending).program.release();
    this.stored.clear();
  }

  private async prepared({ program, kept }: Stored, { start }: BatchRange, feeds: Feeds, lane: number) {
    const known = kept.get(start);
    if (known) return { prepared: known, isKept: true };
    const { era } = this;
    const prepared = await program.prepare(feeds, lane);
    const isKept = era === this.era && !kept.has(start) && this.options.budget.take(this.bytesOf(program));
    if (isKept) kept.set(start, prepared);
    return { prepared, isKept };
  }

  private bytesOf(program: BatchProgram): number {
    return program.keptElements * elementBytes(this.options.problem);
  }

  private async compile(size: number, block: number, build: Build): Promise<Stored> {
    const { problem, runtime, space, budget, examples } = this.options;
    const { graph } = this.options.network(size);
    const target = {
      precision: problem.precision,
      portable: false,
      device: runtime.device,
      blockSize: await runtime.blockSize(),
    };
    if (block === 0) return { program: await BatchProgram.whole(build(graph, []), target, runtime), kept: new Map() };

    const home = graph.total.graph;
    const inputs = (prefix: string, lead: readonly number[]) =>
      space.tensors.map(({ shape }, i) => home.input(prefix + vectorName(i), problem.precision, [...lead, ...shape]));
    const tangents = inputs(block === 1 ? "" : "single:", []);
    let outputs = build(graph, tangents);
    let varying = tangents;
    if (block > 1) {
      varying = inputs("", [block]);
      const blocks = new Map(tangents.map((tangent, i) => [tangent, varying[i]]));
      const blocked = vectorize([...outputs.values()], blocks, block);
      outputs = new Map([...outputs.keys()].map((name, i) => [name, blocked[i]]));
    }
    const batches = Math.ceil(examples / problem.batchSize);
    const keepable = budget.free / elementBytes(problem) / batches;
    const program =
      (await BatchProgram.split(outputs, varying, target, runtime, keepable)) ??
      (await BatchProgram.whole(outputs, target, runtime));
    return { program, kept: new Map() };
  }
}
