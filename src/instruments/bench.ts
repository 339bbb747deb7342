import { z } from "zod";
import { Graph } from "../graph/graph.ts";
import { matmul } from "../ops/matmul.ts";
import { compileValues } from "../problem/batch-program.ts";
import { gaussNewtonProduct, hessianProduct, type Product } from "../problem/products.ts";
import type { Problem } from "../problem/problem.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { BenchResult, Timing } from "../result/bench-result.ts";
import { throwIfInterrupted, type RunContext } from "../util/run-context.ts";
import { allocate, tensor } from "../util/tensor.ts";
import { needsOutputs } from "./gauss-newton.ts";

/** Flags of `bench`. */
export const benchParameters = z.object({
  runs: z.number().int().min(1).default(20).describe("timed runs of each computation"),
  block: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe("vectors multiplied together (default: the problem's preferred block)"),
  gemmSize: z
    .number()
    .int()
    .min(16)
    .default(512)
    .describe("extent of the square matrices whose product measures the machine"),
});

/** Milliseconds since any fixed moment: `performance.now`. */
export type Clock = () => number;

/** The first runs compile sessions and fill caches; they are not timed. */
const WARM_UP = 2;

/** `per` runs count as one measurement each divided by it. */
async function time(
  clock: Clock,
  runs: number,
  per: number,
  context: RunContext,
  work: () => Promise<unknown>,
): Promise<Timing> {
  for (let i = 0; i < WARM_UP; i++) await work();
  const times: number[] = [];
  for (let i = 0; i < runs && !(i > 0 && context.outOfTime?.()); i++) {
    throwIfInterrupted(context);
    const start = clock();
    await work();
    times.push((clock() - start) / per);
  }
  times.sort((a, b) => a - b);
  const middle = times.length >> 1;
  const medianMs = times.length % 2 === 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
  return { medianMs, runs: times.length, minMs: times[0], maxMs: times[times.length - 1] };
}

async function gemm(
  problem: Problem,
  size: number,
  runs: number,
  clock: Clock,
  random: RandomStream,
  context: RunContext,
): Promise<BenchResult["gemm"]> {
  const { precision } = problem.options;
  const graph = new Graph();
  const [a, b] = ["a", "b"].map((name) => graph.input(name, precision, [size, size]));
  const product = matmul(a, b, { transposeA: false, transposeB: false });
  const program = await compileValues(new Map([["product", product]]), { precision, portable: false }, problem.runtime);
  const feeds = new Map(
    ["a", "b"].map((name) => {
      const data = allocate(precision, size * size);
      data.set(random.split(name).normalVector(size * size));
      return [name, problem.runtime.feed(tensor(precision, [size, size], data))] as const;
    }),
  );
  try {
    // Engines side by side each multiply their own: together they are what the machine can do.
    const lanes = Array.from({ length: problem.runtime.lanes }, (_, lane) => lane);
    const { medianMs, runs: done } = await time(clock, runs, lanes.length, context, () =>
      Promise.all(lanes.map((lane) => program.run(feeds, lane))),
    );
    return { gflops: (2 * size ** 3) / (medianMs * 1e6), size, medianMs, runs: done };
  } finally {
    await program.release();
  }
}

/**
 * Median times of what everything else is made of, over all the data: loss, gradient, one Hessian
 * product, many at one fixed point, one Gauss–Newton product; and the machine's speed on a plain matrix
 * product in the same engine. Everything is run twice before the clock starts.
 *
 * @param clock the only source of time
 */
export async function runBench(
  problem: Problem,
  options: z.input<typeof benchParameters>,
  clock: Clock,
  random: RandomStream,
  context: RunContext,
): Promise<BenchResult> {
  const { runs, block = problem.preferredBlock, gemmSize } = benchParameters.parse(options);
  const vectors = Array.from({ length: Math.max(block, 1) }, (_, i) =>
    random.split(`vector ${i}`).normalVector(problem.space.dimension),
  );
  const stage = (name: string) => context.progress?.({ stage: name, done: 0 });
  const multiply = (product: Product, count: number) => () =>
    problem.product(product, vectors.slice(0, count), context);
  stage("forward");
  const forward = await time(clock, runs, 1, context, () => problem.value(context));
  stage("gradient");
  const gradient = await time(clock, runs, 1, context, () => problem.gradient(context));
  stage("Hessian-vector product");
  const hessianVector = await time(clock, runs, 1, context, multiply(hessianProduct, 1));
  stage("block of Hessian-vector products");
  const hessianVectorBlock = { ...(await time(clock, runs, block, context, multiply(hessianProduct, block))), block };
  stage("Gauss–Newton-vector product");
  const gaussNewtonVector =
    needsOutputs(problem) === undefined ? await time(clock, runs, 1, context, multiply(gaussNewtonProduct, 1)) : null;
  stage("matrix product");
  return {
    examples: problem.examples,
    batchSize: Math.min(problem.options.batchSize, problem.examples),
    forward,
    gradient,
    hessianVector,
    hessianVectorBlock,
    gaussNewtonVector,
    gemm: await gemm(problem, gemmSize, runs, clock, random.split("gemm"), context),
  };
}
