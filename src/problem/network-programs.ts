import type { Target } from "../graph/emitter.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { BatchProgram } from "./batch-program.ts";
import type { Computation } from "./computation.ts";
import { Preparations } from "./preparations.ts";
import { type ProgramSite, programValues } from "./program-values.ts";
import { type Fit, fit } from "./run-bytes.ts";

/** What programs follow from. */
export interface ProgramSource extends ProgramSite {
  readonly runtime: Runtime;
}

/** One program of a computation. */
export interface ProgramSize {
  /** Examples of a batch. */
  readonly batch: number;
  /** The vectors that it takes: 0 for none, 1 for plain tensors, more for a leading axis. */
  readonly block: number;
  /** Elements that it may keep of each batch. */
  readonly keepable: number;
}

const UNBOUNDED: Promise<Fit> = Promise.resolve({ examples: Number.POSITIVE_INFINITY, segments: 1 });

/** A program, or one that is being compiled. */
interface Stored {
  readonly program: Promise<BatchProgram>;
  /** The round in which it was last asked for. */
  round: number;
}

export function outputName(index: number): string {
  return `thalweg:o${index}`;
}

/**
 * The programs of a network, compiled on first use. No weight has a part in them, so that whoever has the same network at
 * other weights gets from here what it would compile itself.
 */
export class NetworkPrograms {
  private readonly source: ProgramSource;
  private readonly preparations = new Preparations();
  private readonly fitting = new Map<Computation, Map<number, Promise<Fit>>>();
  private readonly stored = new Map<Computation, Map<string, Stored[]>>();
  private round = 0;

  constructor(source: ProgramSource) {
    this.source = source;
  }

  async of(computation: Computation, size: ProgramSize): Promise<BatchProgram> {
    const sizes = this.stored.get(computation) ?? new Map<string, Stored[]>();
    this.stored.set(computation, sizes);
    const key = `${size.batch}/${size.block}`;
    const programs = sizes.get(key) ?? [];
    sizes.set(key, programs);
    for (let i = 0; ; i++) {
      if (i === programs.length) programs.push({ program: this.compile(computation, size), round: this.round });
      const program = await programs[i].program;
      if (!program.suits(size.keepable)) continue;
      programs[i].round = this.round;
      return program;
    }
  }

  /** Begins another round, and frees what nobody asked for in the last `rounds` of them; nothing may be under way. */
  async tidy(rounds: number): Promise<void> {
    this.round++;
    const isIdle = ({ round }: Stored) => round < this.round - rounds;
    const idle = this.all().filter(isIdle);
    for (const [computation, sizes] of this.stored) {
      for (const [key, programs] of sizes) {
        const left = programs.filter((each) => !isIdle(each));
        if (left.length > 0) sizes.set(key, left);
        else sizes.delete(key);
      }
      if (sizes.size === 0) this.stored.delete(computation);
    }
    await released(idle);
  }

  async release(): Promise<void> {
    const all = this.all();
    this.stored.clear();
    await released(all);
  }

  private all(): Stored[] {
    return [...this.stored.values()].flatMap((sizes) => [...sizes.values()].flat());
  }

  /**
   * What one run of a computation may be on, and how it is computed, to take no more memory than the problem is given.
   *
   * @throws input error `memory-too-small` where one example is too much
   */
  fit(computation: Computation, block: number): Promise<Fit> {
    const { runBytes } = this.source.problem;
    if (runBytes === undefined) return UNBOUNDED;
    const sizes = this.fitting.get(computation) ?? new Map<number, Promise<Fit>>();
    this.fitting.set(computation, sizes);
    const known = sizes.get(block) ?? this.findFit(computation, block, runBytes);
    sizes.set(block, known);
    return known;
  }

  private async findFit(computation: Computation, block: number, limit: number): Promise<Fit> {
    const { source } = this;
    const target = await targetOf(source);
    return fit(source, computation, { block, target, limit });
  }

  private async compile(computation: Computation, { batch, block, keepable }: ProgramSize): Promise<BatchProgram> {
    const { source, preparations } = this;
    const compiler = { target: await targetOf(source), runtime: source.runtime, preparations };
    const { values, varying, inSegments } = programValues(source, computation, batch, block);
    const named = new Map(values.map((value, i) => [outputName(i), value]));
    const { segments } = await this.fit(computation, block);
    if (segments > 1) return BatchProgram.whole(named, compiler, inSegments(segments));
    return block === 0 ? BatchProgram.whole(named, compiler) : BatchProgram.cut(named, varying, compiler, keepable);
  }
}

async function targetOf({ problem, runtime }: ProgramSource): Promise<Target> {
  const blockSize = await runtime.blockSize();
  return { precision: problem.precision, portable: false, device: runtime.device, blockSize };
}

async function released(programs: readonly Stored[]): Promise<void> {
  // What could not be compiled was said when it was asked for.
  for (const compiled of await Promise.allSettled(programs.map(({ program }) => program)))
    if (compiled.status === "fulfilled") await compiled.value.release();
}
