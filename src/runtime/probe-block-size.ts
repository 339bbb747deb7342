import { Graph } from "../graph/graph.ts";
import { emitModel } from "../onnx/emit-model.ts";
import { toBlocked } from "../ops/blocked-layout.ts";
import type { Runtime } from "./runtime.ts";

/** Sizes that processors have: one vector register of float32 (AVX-512, AVX2). */
const CANDIDATES = [16, 8];
/** Positions of the probed image: more than one shows the order. */
const POSITIONS = 3;

/**
 * How many channels lie side by side in the runtime's blocked image layout, found by reordering one small
 * image; undefined where the runtime has no such kernels (they are internal, so nothing promises them).
 */
export async function probeBlockSize(runtime: Omit<Runtime, "blockSize">): Promise<number | undefined> {
  for (const block of CANDIDATES) {
    if (await interleaves(runtime, block)) return block;
  }
  return undefined;
}

async function interleaves(runtime: Omit<Runtime, "blockSize">, block: number): Promise<boolean> {
  const shape = [1, block, 1, POSITIONS];
  const x = new Graph().input("x", "float32", shape);
  const model = emitModel(new Map([["y", toBlocked(x, 1, block)]]), { precision: "float32", portable: false });
  const data = Float32Array.from({ length: block * POSITIONS }, (_, i) => i);
  try {
    const executable = await runtime.compile(model);
    try {
      const y = (await executable.run(new Map([["x", runtime.feed({ dtype: "float32", shape, data })]]))).get("y");
      return (
        y !== undefined && y.data.every((element, i) => element === (i % block) * POSITIONS + Math.floor(i / block))
      );
    } finally {
      await executable.release();
    }
  } catch {
    // No such kernel, or one of another size: the plain layout serves.
    return false;
  }
}
