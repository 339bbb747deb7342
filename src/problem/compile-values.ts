import type { Target } from "../graph/emitter.ts";
import type { Value } from "../graph/value.ts";
import { lowerGraph } from "../onnx/emit-lower.ts";
import { emitModel } from "../onnx/emit-model.ts";
import { fuseConv } from "../ops/fuse-conv.ts";
import { fuseGemm } from "../ops/gemm.ts";
import type { Executable, Runtime } from "../runtime/runtime.ts";

/** Compiles named values for a runtime. */
export function compileValues(
  outputs: ReadonlyMap<string, Value>,
  target: Target,
  runtime: Runtime,
): Promise<Executable> {
  const values = fuseConv(fuseGemm(lowerGraph([...outputs.values()], target)));
  return runtime.compile(emitModel(renamed(outputs, values), target));
}

/** The same names for other values. */
export function renamed(outputs: ReadonlyMap<string, Value>, values: readonly Value[]): Map<string, Value> {
  return new Map([...outputs.keys()].map((name, i) => [name, values[i]]));
}
