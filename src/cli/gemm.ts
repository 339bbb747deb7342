import { Graph } from "../graph/graph.ts";
import { emitModel } from "../onnx/emit-model.ts";
import { matmul } from "../ops/matmul.ts";
import { sumAll } from "../ops/structure.ts";
import type { BenchResult } from "../result/bench-result.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { allocate, type FloatType } from "../util/tensor.ts";

/** Time of one product of square matrices: 2n³ operations. The median of an odd number of runs. */
export async function timeGemm(
  runtime: Runtime,
  precision: FloatType,
  size: number,
  runs: number,
): Promise<BenchResult["gemm"]> {
  const graph = new Graph();
  const shape = [size, size];
  const product = matmul(graph.input("a", precision, shape), graph.input("b", precision, shape));
  // Only the sum is returned: copying a large output would be timed too.
  const program = await runtime.compile(emitModel(new Map([["sum", sumAll(product)]]), { precision, portable: false }));
  try {
    const data = allocate(precision, size * size).fill(1 / size);
    const feeds = new Map(["a", "b"].map((name) => [name, runtime.feed({ dtype: precision, shape, data })]));
    // The first run fills the caches.
    await program.run(feeds);
    const times: number[] = [];
    for (let i = 0; i < runs; i++) {
      const start = performance.now();
      await program.run(feeds);
      times.push(performance.now() - start);
    }
    const medianMs = times.sort((a, b) => a - b)[runs >> 1];
    return { gflops: (2 * size ** 3) / medianMs / 1e6, size, medianMs, runs };
  } finally {
    await program.release();
  }
}
