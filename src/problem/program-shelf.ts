import { isSameGraph } from "../graph/same-graph.ts";
import type { Network } from "./network.ts";
import { NetworkPrograms, type ProgramSource } from "./network-programs.ts";
import type { ProblemOptions } from "./problem-options.ts";

/** Problems in a row that did not ask for a program, until it is freed. */
const ROUNDS = 3;

interface Kept {
  readonly source: ProgramSource;
  readonly network: Network;
  readonly programs: NetworkPrograms;
  users: number;
}

/**
 * Keeps the programs of a network for whatever problem is opened next, so that one at other weights compiles nothing. Whether
 * the network is the same is seen from its graph, constants included; the numbers are those of a problem that is opened alone.
 * Of each precision, the network of the last problem is kept.
 */
export class ProgramShelf {
  private kept: Kept[] = [];

  /** The programs of a network, to be given back. `network` is that of a whole batch. */
  take(source: ProgramSource, network: Network): NetworkPrograms {
    const known = this.kept.find((each) => isSame(each, source, network));
    const kept = known ?? { source, network, programs: new NetworkPrograms(source), users: 0 };
    kept.users++;
    this.kept = [...this.kept.filter((each) => each !== kept), kept];
    return kept.programs;
  }

  /** Nothing that was fed to them may be under way. */
  async give(programs: NetworkPrograms): Promise<void> {
    const kept = this.kept.find((each) => each.programs === programs);
    if (kept === undefined || --kept.users > 0) return;
    await programs.tidy(ROUNDS);
    const isLast = (each: Kept) =>
      this.kept.findLast(({ source }) => precisionOf(source) === precisionOf(each.source)) === each;
    const left = this.kept.filter((each) => each.users > 0 || isLast(each));
    const gone = this.kept.filter((each) => !left.includes(each));
    this.kept = left;
    for (const each of gone) await each.programs.release();
  }

  async close(): Promise<void> {
    const all = this.kept;
    this.kept = [];
    for (const { programs } of all) await programs.release();
  }
}

function precisionOf({ problem }: ProgramSource) {
  return problem.precision;
}

function isSame(kept: Kept, source: ProgramSource, network: Network): boolean {
  const tensors = ({ space }: ProgramSource) => JSON.stringify(space.tensors.map(({ name, shape }) => [name, shape]));
  const values = ({ graph: { total, outputs, perExample, labels } }: Network) => [total, outputs, perExample, labels];
  return (
    kept.source.runtime === source.runtime &&
    settingsOf(kept.source.problem) === settingsOf(source.problem) &&
    tensors(kept.source) === tensors(source) &&
    isSameGraph(values(kept.network), values(network))
  );
}

/** All that is not data: the graph says what the loss makes of the outputs, and this what else is asked of it. */
function settingsOf(options: ProblemOptions): string {
  const { loss, examplesAxes = new Map() } = options;
  const plain = { ...options, loss: [loss.name, loss.title], examplesAxes: [...examplesAxes], heldOut: undefined };
  return JSON.stringify(plain);
}
