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

/**
 * One computation on one batch shape. With `keep`, what does not depend on the varying inputs is a
 * second executable, run once per batch and point; its results are fed to every product.
 */
export class BatchProgram {
  private readonly main: Executable;
  private readonly preparation: Executable | undefined;
  /** Elements that are kept per batch. */
  readonly keptElements: number;

  private constructor(main: Executable, preparation: Executable | undefined, keptElements: number) {
    this.main = main;
    this.preparation = preparation;
    this.keptElements = keptElements;
  }

  /** Compiles the whole computation as one graph. */
  static async whole(outputs: ReadonlyMap<string, Value>, target: Target, runtime: Runtime): Promise<BatchProgram> {
    return new BatchProgram(await compileValues(outputs, target, runtime), undefined, 0);
  }

  /** Compiles the computation in two parts, cut where it does not depend on `varying`; undefined when that keeps too much. */
  static async split(
    outputs: ReadonlyMap<string, Value>,
    varying: readonly Value[],
    target: Target,
    runtime: Runtime,
    keepableElements: number,
  ): Promise<BatchProgram | undefined> {
    const collected = collectLinear([...outputs.values()], varying);
    const names = inputNames(varying);
    const lowered = lowerGraph(collected.outputs, target);
    const varies = [...inputsOf(lowered)].flatMap(([name, value]) => (names.has(name) ? [value] : []));
    // Rearranged copies are kept beside their originals only where memory is plentiful.
    const rich = partition(lowered, varies);
    const parts =
      rich.elements * PLENTIFUL <= keepableElements ? rich : partition(lowered, varies, { repeatCopies: true });
    if (parts.elements > keepableElements || parts.prepared.size === 0) return undefined;
    const main = await compileValues(renamed(outputs, parts.outputs), target, runtime);
    const preparation = await compileValues(parts.prepared, target, runtime);
    return new BatchProgram(main, preparation, parts.elements);
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

function inputNames(values: readonly Value[]): Set<string> {
  return new Set(values.flatMap((value) => inputNameOf(value) ?? []));
}
