import { Graph } from "../graph/graph.ts";
import { matmul } from "../ops/matmul.ts";
import { sumAll } from "../ops/structure.ts";
import { compileValues } from "../problem/compile-values.ts";
import type { BenchResult } from "../result/bench-result.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { RunContext } from "../util/run-context.ts";
import { allocate, type FloatType } from "../util/tensor.ts";
import { timeRuns, type Clock } from "./time-runs.ts";

/** Time of one product of square matrices, 2n³ operations, with every engine of the runtime at work. */
export async function timeGemm(
  runtime: Runtime,
  precision: FloatType,
  size: number,
  runs: number,
  clock: Clock,
  context: RunContext,
): Promise<BenchResult["gemm"]> {
  const graph = new Graph();
  const shape = [size, size];
  const product = matmul(graph.input("a", precision, shape), graph.input("b", precision, shape));
  // Only the sum is returned: copying a large output would be timed too.
  const program = await compileValues(
    new Map([["sum", sumAll(product)]]),
    { precision, portable: false, device: runtime.device },
    runtime,
  );
  const data = allocate(precision, size * size).fill(1 / size);
  const feeds = new Map(["a", "b"].map((name) => [name, runtime.feed({ dtype: precision, shape, data })]));
  try {
    // Engines side by side each multiply their own: together they are what the machine can do.
    const lanes = Array.from({ length: runtime.lanes }, (_, lane) => lane);
    const { medianMs, runs: done } = await timeRuns(clock, runs, lanes.length, context, () =>
      Promise.all(lanes.map((lane) => program.run(feeds, lane))),
    );
    return { gflops: (2 * size ** 3) / (medianMs * 1e6), size, medianMs, runs: done };
  } finally {
    await program.release();
    for (const feed of feeds.values()) feed.release();
  }
}
