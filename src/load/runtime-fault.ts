import { Graph } from "../graph/graph.ts";
import { emitModel } from "../onnx/emit-model.ts";
import { add } from "../ops/arithmetic.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { messageOf } from "../util/message-of.ts";

/** Why a runtime cannot run the smallest graph there is, as a sentence; undefined when it can. */
export async function runtimeFault(runtime: Runtime): Promise<string | undefined> {
  const graph = new Graph();
  const x = graph.input("x", "float32", [2]);
  try {
    const program = await runtime.compile(
      emitModel(new Map([["y", add(x, x)]]), { precision: "float32", portable: true }),
    );
    const feed = runtime.feed({ dtype: "float32", shape: [2], data: Float32Array.of(1, 2) });
    const results = await program.run(new Map([["x", feed]]));
    await program.release();
    return results.get("y")?.data[1] === 4 ? undefined : "It computes 2 + 2 wrongly.";
  } catch (error) {
    return messageOf(error);
  }
}
