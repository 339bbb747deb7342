import type { Value } from "../graph/value.ts";
import { inputNameOf } from "../graph/leaf.ts";
import { partition } from "../graph/partition.ts";
import type { RecomputePlan } from "../graph/recompute.ts";
import { inputsOf } from "../graph/traverse.ts";
import { lowerGraph } from "../onnx/emit-lower.ts";
import { collectLinear } from "../ops/collect-linear.ts";
import type { Executable, Feed, Runtime } from "../runtime/runtime.ts";
import type { Target } from "../graph/emitter.ts";
import type { Tensor } from "../util/tensor.ts";
import { compileValues, renamed } from "./compile-values.ts";
import { NO_PREPARATION, type Preparation, type Preparations } from "./preparations.ts";

/** How often what is kept has to fit into the memory given to it before copies count as cheap. */
const PLENTIFUL = 4;

/** How many elements may be kept per batch for a program to be cut as it is: at least `from`, and fewer than `to`. */
interface Room {
  readonly from: number;
  readonly to: number;
}

const ANY_ROOM: Room = { from: 0, to: Number.POSITIVE_INFINITY };

/** A computation cut where it does not depend on its varying inputs; without `parts` where it is not worth it. */
interface Cut {
  readonly parts: Partition | undefined;
  readonly room: Room;
}

type Partition = ReturnType<typeof partition>;

/** What programs are compiled with. */
export interface Compiler {
  readonly target: Target;
  readonly runtime: Runtime;
  readonly preparations: Preparations;
}

/**
 * One computation on one batch shape. What does not depend on the varying inputs may be a second executable, run once per
 * batch and point; its results are kept and fed to every product, of whatever programs need the same.
 */
export class BatchProgram {
  readonly preparation: Preparation;
  private readonly main: Executable;
  private readonly room: Room;

  private constructor(main: Executable, preparation: Preparation, room: Room) {
    this.main = main;
    this.preparation = preparation;
    this.room = room;
  }

  /** Compiles the whole computation as one graph. */
  static async whole(
    outputs: ReadonlyMap<string, Value>,
    { target, runtime }: Compiler,
    recompute?: RecomputePlan,
  ): Promise<BatchProgram> {
    return new BatchProgram(await compileValues(outputs, target, runtime, recompute), NO_PREPARATION, ANY_ROOM);
  }

  /** Compiles the computation in two parts, cut where it does not depend on `varying`; as one where that keeps too much. */
  static async cut(
    outputs: ReadonlyMap<string, Value>,
    varying: readonly Value[],
    { target, runtime, preparations }: Compiler,
    keepableElements: number,
  ): Promise<BatchProgram> {
    const { parts, room } = cutOf(outputs, varying, target, keepableElements);
    if (parts === undefined)
      return new BatchProgram(await compileValues(outputs, target, runtime), NO_PREPARATION, room);
    const main = await compileValues(renamed(outputs, parts.outputs), target, runtime);
    const preparation = await preparations.take(parts.prepared, () => compileValues(parts.prepared, target, runtime));
    return new BatchProgram(main, preparation, room);
  }

  /** Whether it would have been compiled the same way had this been what may be kept. */
  suits(keepableElements: number): boolean {
    return keepableElements >= this.room.from && keepableElements < this.room.to;
  }

  run(feeds: ReadonlyMap<string, Feed>, lane: number): Promise<Map<string, Tensor>> {
    return this.main.run(feeds, lane);
  }

  async release(): Promise<void> {
    await this.main.release();
    await this.preparation.release();
  }
}

function cutOf(
  outputs: ReadonlyMap<string, Value>,
  varying: readonly Value[],
  target: Target,
  keepableElements: number,
): Cut {
  const collected = collectLinear([...outputs.values()], varying);
  const names = inputNames(varying);
  const lowered = lowerGraph(collected.outputs, target);
  const varies = [...inputsOf(lowered)].flatMap(([name, value]) => (names.has(name) ? [value] : []));
  const worthwhile = (parts: Partition) => (parts.prepared.size === 0 ? undefined : parts);
  // Rearranged copies are kept beside their originals only where memory is plentiful.
  const rich = partition(lowered, varies);
  const plenty = rich.elements * PLENTIFUL;
  if (plenty <= keepableElements) return { parts: worthwhile(rich), room: { ...ANY_ROOM, from: plenty } };
  const spare = partition(lowered, varies, { repeatCopies: true });
  if (spare.elements <= keepableElements)
    return { parts: worthwhile(spare), room: { from: spare.elements, to: plenty } };
  return { parts: undefined, room: { from: 0, to: Math.min(spare.elements, plenty) } };
}

function inputNames(values: readonly Value[]): Set<string> {
  return new Set(values.flatMap((value) => inputNameOf(value) ?? []));
}
