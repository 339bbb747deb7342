import type { Runtime } from "../runtime/runtime.ts";
import type { Tensor } from "../util/tensor.ts";
import { releaseAll, type Feeds } from "./batch-feeds.ts";
import type { BatchProgram } from "./batch-program.ts";
import type { BatchRange } from "./batches.ts";
import type { Computation } from "./computation.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import { type NetworkPrograms, outputName } from "./network-programs.ts";
import type { PreparedFeeds } from "./prepared-feeds.ts";
import { elementBytes, type ProblemOptions } from "./problem-options.ts";

interface StoreOptions {
  readonly problem: ProblemOptions;
  readonly examples: number;
  readonly runtime: Runtime;
  readonly budget: MemoryBudget;
  readonly programs: NetworkPrograms;
}

/** One run of a computation on one batch. */
export interface BatchRun {
  readonly batch: BatchRange;
  /** Parameters, scales and data. */
  readonly feeds: Feeds;
  /** The vectors that `vectors` carries: 0 for none, 1 for plain tensors, more for a leading axis. */
  readonly block: number;
  readonly vectors: Feeds;
  /** What the point that runs it keeps between its products. */
  readonly prepared: PreparedFeeds;
}

/** The programs that a problem has chosen: each as there was room for what it keeps when it was first asked for. */
export class ProgramStore {
  private readonly options: StoreOptions;
  private readonly chosen = new Map<Computation, Map<string, Promise<BatchProgram>>>();

  constructor(options: StoreOptions) {
    this.options = options;
  }

  /**
   * Most examples of a batch on which a computation is run at once.
   *
   * @throws input error `memory-too-small`
   */
  async mostExamples(computation: Computation, block: number): Promise<number> {
    const { problem, programs } = this.options;
    const { examples } = await programs.fit(computation, block);
    return Math.min(problem.batchSize, examples);
  }

  /** The values of a computation on one batch, in the order in which it builds them. */
  async run(computation: Computation, { batch, feeds, block, vectors, prepared }: BatchRun): Promise<Tensor[]> {
    const program = await this.program(computation, batch.end - batch.start, block);
    const lane = this.laneOf(batch);
    const { kept, isLent } = await prepared.of(program.preparation, batch, feeds, lane);
    try {
      const outputs = await program.run(new Map([...feeds, ...kept, ...vectors]), lane);
      return Array.from({ length: outputs.size }, (_, i) => {
        const tensor = outputs.get(outputName(i));
        if (!tensor) throw new RangeError(`the program of ${computation.name} has no output ${i}`);
        return tensor;
      });
    } finally {
      if (isLent) releaseAll(kept);
    }
  }

  private program(computation: Computation, batch: number, block: number): Promise<BatchProgram> {
    const sizes = this.chosen.get(computation) ?? new Map<string, Promise<BatchProgram>>();
    this.chosen.set(computation, sizes);
    const key = `${batch}/${block}`;
    const pending =
      sizes.get(key) ?? this.options.programs.of(computation, { batch, block, keepable: this.keepable() });
    sizes.set(key, pending);
    return pending;
  }

  /** Elements that may still be kept of each batch. */
  private keepable(): number {
    const { problem, budget, examples } = this.options;
    return budget.free / elementBytes(problem) / Math.ceil(examples / problem.batchSize);
  }

  /** A batch is always run on the same lane, where what is kept for it lies. */
  private laneOf({ start }: BatchRange): number {
    const { problem, runtime } = this.options;
    return Math.floor(start / problem.batchSize) % runtime.lanes;
  }
}
