import type { GraphOptions, Value } from "../../src/graph/value.ts";
import type { Target } from "../../src/graph/emitter.ts";
import { lowerGraph } from "../../src/onnx/emit-lower.ts";
import { emitModel } from "../../src/onnx/emit-model.ts";
import { nodeRuntime } from "../../src/runtime/node-runtime.ts";
import type { Tensor } from "../../src/util/tensor.ts";

/** One thread: the graphs of tests are tiny, and results do not depend on how sums are shared out. */
export const runtime = nodeRuntime({ threads: 1 });

export const FLOAT64: Target = { precision: "float64", portable: false };

/** A compiled set of named values. */
export interface Program {
  run(feeds: ReadonlyMap<string, Tensor>): Promise<Map<string, Tensor>>;
  release(): Promise<void>;
}

export async function compile(
  outputs: ReadonlyMap<string, Value>,
  target: Target = FLOAT64,
  options: GraphOptions = {},
): Promise<Program> {
  const lowered = lowerGraph([...outputs.values()], target, options);
  const named = new Map([...outputs.keys()].map((name, i) => [name, lowered[i]]));
  const executable = await runtime.compile(emitModel(named, target));
  return {
    run: (feeds) => executable.run(new Map([...feeds].map(([name, tensor]) => [name, runtime.feed(tensor)]))),
    release: () => executable.release(),
  };
}

/** Compiles, runs once and releases. */
export async function evaluate(
  outputs: ReadonlyMap<string, Value>,
  feeds: ReadonlyMap<string, Tensor>,
  target: Target = FLOAT64,
  options: GraphOptions = {},
): Promise<Map<string, Tensor>> {
  const program = await compile(outputs, target, options);
  try {
    return await program.run(feeds);
  } finally {
    await program.release();
  }
}
