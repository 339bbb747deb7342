import { z } from "zod";
import { gaussNewtonProduct } from "../problem/derivatives/gauss-newton.ts";
import { hessianProduct } from "../problem/derivatives/hessian.ts";
import type { Product } from "../problem/derivatives/derivative.ts";
import type { Problem } from "../problem/problem.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { BenchResult } from "../result/bench-result.ts";
import type { RunContext } from "../util/run-context.ts";
import { needsOutputs } from "./gauss-newton.ts";
import { timeGemm } from "./time-gemm.ts";
import { timeRuns, type Clock } from "./time-runs.ts";

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
    problem.point.product(product, vectors.slice(0, count), context);
  stage("forward");
  const forward = await timeRuns(clock, runs, 1, context, () => problem.point.value(context));
  stage("gradient");
  const gradient = await timeRuns(clock, runs, 1, context, () => problem.point.gradient(context));
  stage("Hessian-vector product");
  const hessianVector = await timeRuns(clock, runs, 1, context, multiply(hessianProduct, 1));
  stage("block of Hessian-vector products");
  const hessianVectorBlock = {
    ...(await timeRuns(clock, runs, block, context, multiply(hessianProduct, block))),
    block,
  };
  stage("Gauss–Newton-vector product");
  const gaussNewtonVector =
    needsOutputs(problem) === undefined
      ? await timeRuns(clock, runs, 1, context, multiply(gaussNewtonProduct, 1))
      : null;
  stage("matrix product");
  return {
    examples: problem.examples,
    batchSize: Math.min(problem.options.batchSize, problem.examples),
    forward,
    gradient,
    hessianVector,
    hessianVectorBlock,
    gaussNewtonVector,
    gemm: await timeGemm(problem.runtime, problem.options.precision, gemmSize, runs, clock, context),
  };
}
