import { vectorize } from "../autodiff/vectorize.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Tensor } from "../util/tensor.ts";
import { releaseAll, type Feeds } from "./batch-feeds.ts";
import { BatchProgram } from "./batch-program.ts";
import type { BatchRange } from "./batches.ts";
import type { Computation, Site } from "./computation.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import type { Network } from "./network.ts";
import type { ParameterSpace } from "./parameter-space.ts";
import type { PreparedFeeds } from "./prepared-feeds.ts";
import { elementBytes, type ProblemOptions } from "./problem-options.ts";
import { vectorName } from "./vector-feeds.ts";

interface StoreOptions {
  readonly problem: ProblemOptions;
  readonly examples: number;
  readonly space: ParameterSpace;
  readonly runtime: Runtime;
  readonly budget: MemoryBudget;
  readonly network: (batch: number) => Network;
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

function outputName(index: number): string {
  return `thalweg:o${index}`;
}

/** Compiles programs on first use, one per computation, batch size and block size, and keeps them. */
export class ProgramStore {
  private readonly options: StoreOptions;
  private readonly stored = new Map<Computation, Map<string, Promise<BatchProgram>>>();

  constructor(options: StoreOptions) {
    this.options = options;
  }

  /** The values of a computation on one batch, in the order in which it builds them. */
  async run(computation: Computation, { batch, feeds, block, vectors, prepared }: BatchRun): Promise<Tensor[]> {
    const program = await this.program(computation, batch.end - batch.start, block);
    const lane = this.laneOf(batch);
    const { kept, isLent } = await prepared.of(program, batch, feeds, lane);
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

  async release(): Promise<void> {
    const programs = [...this.stored.values()].flatMap((sizes) => [...sizes.values()]);
    this.stored.clear();
    // What could not be compiled was said when it was asked for.
    for (const compiled of await Promise.allSettled(programs))
      if (compiled.status === "fulfilled") await compiled.value.release();
  }

  private program(computation: Computation, size: number, block: number): Promise<BatchProgram> {
    const sizes = this.stored.get(computation) ?? new Map<string, Promise<BatchProgram>>();
    this.stored.set(computation, sizes);
    const key = `${size}/${block}`;
    const pending = sizes.get(key) ?? this.compile(computation, size, block);
    sizes.set(key, pending);
    return pending;
  }

  /** A batch is always run on the same lane, where what is kept for it lies. */
  private laneOf({ start }: BatchRange): number {
    const { problem, runtime } = this.options;
    return Math.floor(start / problem.batchSize) % runtime.lanes;
  }

  private async compile(computation: Computation, size: number, block: number): Promise<BatchProgram> {
    const { problem, runtime, space, budget, examples } = this.options;
    const network = this.options.network(size);
    const site: Site = { ...network.graph, network, single: () => this.options.network(1) };
    const target = {
      precision: problem.precision,
      portable: false,
      device: runtime.device,
      blockSize: await runtime.blockSize(),
    };
    const named = (values: ReturnType<Computation["build"]>) =>
      new Map(values.map((value, i) => [outputName(i), value]));
    if (block === 0) return BatchProgram.whole(named(computation.build(site, [])), target, runtime);

    const home = site.total.graph;
    const inputs = (prefix: string, lead: readonly number[]) =>
      space.tensors.map(({ shape }, i) => home.input(prefix + vectorName(i), problem.precision, [...lead, ...shape]));
    const tangents = inputs(block === 1 ? "" : "single:", []);
    let outputs = computation.build(site, tangents);
    let varying = tangents;
    if (block > 1) {
      varying = inputs("", [block]);
      const blocks = new Map(tangents.map((tangent, i) => [tangent, varying[i]]));
      outputs = vectorize([...outputs], blocks, block);
    }
    const batches = Math.ceil(examples / problem.batchSize);
    const keepable = budget.free / elementBytes(problem) / batches;
    return (
      (await BatchProgram.split(named(outputs), varying, target, runtime, keepable)) ??
      (await BatchProgram.whole(named(outputs), target, runtime))
    );
  }
}
