import { vectorize } from "../autodiff/vectorize.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { BatchProgram } from "./batch-program.ts";
import type { Computation, Site } from "./computation.ts";
import type { Network } from "./network.ts";
import type { ParameterSpace } from "./parameter-space.ts";
import { Preparations } from "./preparations.ts";
import type { ProblemOptions } from "./problem-options.ts";
import { vectorName } from "./vector-feeds.ts";

/** What programs follow from. */
export interface ProgramSource {
  readonly problem: ProblemOptions;
  readonly space: ParameterSpace;
  readonly runtime: Runtime;
  readonly network: (batch: number) => Network;
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

  private async compile(computation: Computation, { batch, block, keepable }: ProgramSize): Promise<BatchProgram> {
    const { problem, runtime, space } = this.source;
    const network = this.source.network(batch);
    const site: Site = { ...network.graph, network, single: () => this.source.network(1) };
    const target = {
      precision: problem.precision,
      portable: false,
      device: runtime.device,
      blockSize: await runtime.blockSize(),
    };
    const named = (values: ReturnType<Computation["build"]>) =>
      new Map(values.map((value, i) => [outputName(i), value]));
    const compiler = { target, runtime, preparations: this.preparations };
    if (block === 0) return BatchProgram.whole(named(computation.build(site, [])), compiler);

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
    return BatchProgram.cut(named(outputs), varying, compiler, keepable);
  }
}

async function released(programs: readonly Stored[]): Promise<void> {
  // What could not be compiled was said when it was asked for.
  for (const compiled of await Promise.allSettled(programs.map(({ program }) => program)))
    if (compiled.status === "fulfilled") await compiled.value.release();
}
