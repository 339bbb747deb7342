import type { Value } from "../graph/value.ts";
import { inputNameOf } from "../graph/leaf.ts";
import { partition } from "../graph/partition.ts";
import { inputsOf } from "../graph/traverse.ts";
import { emitModel } from "../onnx/emit-model.ts";
import { lowerGraph } from "../onnx/emit-lower.ts";
import { fuseConv } from "../ops/fuse-conv.ts";
import { fuseGemm } from "../ops/gemm.ts";
import { collectLinear } from "../ops/collect-linear.ts";
import type { Executable, Feed, Runtime } from "../runtime/runtime.ts";
import type { Target } from "../graph/emitter.ts";
import type { Tensor } from "../util/tensor.ts";

/** How often what is kept has to fit into the memory given to it before copies count as cheap. */
const PLENTIFUL = 4;

/** Compiles named values for a runtime. */
export function compileValues(
  outputs: ReadonlyMap<string, Value>,
  target: Target,
  runtime: Runtime,
): Promise<Executable> {
  const values = fuseConv(fuseGemm(lowerGraph([...outputs.values()], target)));
  return runtime.compile(emitModel(renamed(outputs, values), target));
}

function renamed(outputs: ReadonlyMap<string, Value>, values: readonly Value[]): Map<string, Value> {
  return new Map([...outputs.keys()].map((name, i) => [name, values[i]]));
}

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

/**
 * One computation on one batch shape. What does not depend on the varying inputs may be a second executable, run once per
 * batch and point; its results are kept and fed to every product.
 */
export class BatchProgram {
  private readonly main: Executable;
  private readonly preparation: Executable | undefined;
  private readonly room: Room;
  /** Elements that are kept per batch. */
  readonly keptElements: number;

  private constructor(
    main: Executable,
    {
      preparation,
      keptElements = 0,
      room = ANY_ROOM,
    }: { preparation?: Executable; keptElements?: number; room?: Room },
  ) {
    this.main = main;
    this.preparation = preparation;
    this.keptElements = keptElements;
    this.room = room;
  }

  /** Compiles the whole computation as one graph. */
  static async whole(outputs: ReadonlyMap<string, Value>, target: Target, runtime: Runtime): Promise<BatchProgram> {
    return new BatchProgram(await compileValues(outputs, target, runtime), {});
  }

  /** Compiles the computation in two parts, cut where it does not depend on `varying`; as one where that keeps too much. */
  static async cut(
    outputs: ReadonlyMap<string, Value>,
    varying: readonly Value[],
    target: Target,
    runtime: Runtime,
    keepableElements: number,
  ): Promise<BatchProgram> {
    const { parts, room } = cutOf(outputs, varying, target, keepableElements);
    if (parts === undefined) return new BatchProgram(await compileValues(outputs, target, runtime), { room });
    const main = await compileValues(renamed(outputs, parts.outputs), target, runtime);
    const preparation = await compileValues(parts.prepared, target, runtime);
    return new BatchProgram(main, { preparation, keptElements: parts.elements, room });
  }

  /** Whether it would have been compiled the same way had this been what may be kept. */
  suits(keepableElements: number): boolean {
    return keepableElements >= this.room.from && keepableElements < this.room.to;
  }

  /** What to keep for a batch at the current parameters, on the lane that will need it. */
  prepare(feeds: ReadonlyMap<string, Feed>, lane: number): Promise<ReadonlyMap<string, Feed>> {
    return this.preparation?.keep(feeds, lane) ?? Promise.resolve(new Map());
  }

  run(feeds: ReadonlyMap<string, Feed>, lane: number): Promise<Map<string, Tensor>> {
    return this.main.run(feeds, lane);
  }

  async release(): Promise<void> {
    await this.main.release();
    await this.preparation?.release();
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
