import type { Target } from "../graph/emitter.ts";
import { recomputed, type RecomputePlan } from "../graph/recompute.ts";
import type { Value } from "../graph/value.ts";
import { lowerGraph } from "../onnx/emit-lower.ts";
import { type EmittedModel, emitModel } from "../onnx/emit-model.ts";
import { factorSums } from "../ops/factor-sums.ts";
import { fuseConv } from "../ops/fuse-conv.ts";
import { fuseGemm } from "../ops/gemm.ts";
import type { Executable, Runtime } from "../runtime/runtime.ts";

/** Compiles named values for a runtime. */
export function compileValues(
  outputs: ReadonlyMap<string, Value>,
  target: Target,
  runtime: Runtime,
  recompute?: RecomputePlan,
): Promise<Executable> {
  return runtime.compile(emitValues(outputs, target, runtime, recompute));
}

/** Named values as a model for a runtime; large constants stand beside it where programs share them. */
export function emitValues(
  outputs: ReadonlyMap<string, Value>,
  target: Target,
  { sharesConstantsFrom }: Pick<Runtime, "sharesConstantsFrom">,
  recompute?: RecomputePlan,
): EmittedModel {
  const values = engineValues([...outputs.values()], target, recompute);
  return emitModel(renamed(outputs, values), target, { constantsApartFrom: sharesConstantsFrom });
}

/** Values as they are emitted, from less memory where there is a plan for it. */
export function engineValues(outputs: readonly Value[], target: Target, recompute?: RecomputePlan): Value[] {
  const values = fuseConv(fuseGemm(factorSums(lowerGraph(outputs, target))));
  return recompute ? recomputed(values, recompute) : values;
}

/** The same names for other values. */
export function renamed(outputs: ReadonlyMap<string, Value>, values: readonly Value[]): Map<string, Value> {
  return new Map([...outputs.keys()].map((name, i) => [name, values[i]]));
}
