import { z } from "zod";
import { gaussNewtonProduct, hessianProduct } from "../../problem/products.ts";
import { createRandom } from "../../random/random-stream.ts";
import type { Timing } from "../../result/bench-result.ts";
import { encodeResult } from "../../result/result-kinds.ts";
import { given, MODEL } from "../arguments.ts";
import { problemFlags, runFlags } from "../common-flags.ts";
import { EXIT } from "../exit-code.ts";
import { formatDuration } from "../format.ts";
import { frameOf } from "../frame.ts";
import { timeGemm } from "../gemm.ts";
import { formatNumber } from "../../util/format-number.ts";
import { table } from "../layout.ts";
import { withProblem } from "../open-problem.ts";
import { timeRuns } from "../time-runs.ts";
import { defineVerb } from "../verb.ts";

const GEMM_SIZE = 768;

export const bench = defineVerb({
  name: "bench",
  summary: "time forward pass, gradient and products on this machine",
  arguments: [MODEL],
  parameters: z.object({
    runs: z.int().min(3).default(15).meta({ description: "timed runs of each, after warming up", group: "Run" }),
    ...problemFlags.shape,
    seed: runFlags.shape.seed,
  }),
  examples: [["thalweg bench model.onnx --data data.npz --batch-size 256", "with batches of 256"]],
  run: (flags, [path], shell) =>
    withProblem(given(path, "MODEL"), flags, shell, async (loaded) => {
      const { problem } = loaded;
      const { runs } = flags;
      const random = createRandom(flags.seed);
      const context = shell.context();
      const stage = (name: string, work: () => Promise<unknown>, vectors = 1) =>
        timeRuns(work, { runs, vectors, signal: shell.interruption.asked, progress: (done) => context.progress?.({ stage: name, done, total: runs }) });
      // The length of the block at which products are cheapest.
      const block = problem.preferredBlock;
      const vectors = Array.from({ length: block }, () => random.normalVector(problem.space.dimension));
      const [v] = vectors;
      const forward = await stage("forward pass", () => problem.value());
      const gradient = await stage("gradient", () => problem.gradient());
      const hessianVector = await stage("Hessian times vector", () => problem.product(hessianProduct, [v]));
      const together = await stage("Hessian times block", () => problem.product(hessianProduct, vectors), block);
      const gaussNewtonVector = problem.options.loss.name === "output" ? null : await stage("Gauss–Newton times vector", () => problem.product(gaussNewtonProduct, [v]));
      const gemm = await timeGemm(problem.runtime, problem.options.precision, GEMM_SIZE, runs);
      const result = {
        examples: problem.examples,
        batchSize: problem.options.batchSize,
        forward,
        gradient,
        hessianVector,
        hessianVectorBlock: { ...together, block },
        gaussNewtonVector,
        gemm,
      };
      const row = (name: string, timing: Timing | null) =>
        timing ? [name, formatDuration(timing.medianMs), `${formatNumber(timing.medianMs / forward.medianMs, 2)}×`, `${formatDuration(timing.minMs)} – ${formatDuration(timing.maxMs)}`] : [name, "n/a"];
      const rows = [
        ["", "median", "forward", "range"],
        row("forward pass", forward),
        row("gradient", gradient),
        row("Hessian · vector", hessianVector),
        row(`Hessian · vector, ${block} together`, together),
        row("Gauss–Newton · vector", gaussNewtonVector),
      ];
      const head = `${problem.examples} examples in batches of ${problem.options.batchSize}, ${problem.options.precision}, ${problem.runtime.threads} threads, ${runs} runs`;
      return {
        text: `${shell.style.bold("Time per vector, over all examples")}\n${head}\n\n${table(rows, ["left", "right", "right", "left"])}\n\n  matrix product of size ${GEMM_SIZE}: ${formatNumber(gemm.gflops, 3)} Gflop/s\n`,
        json: encodeResult({ schema: "thalweg/bench@1", ...frameOf({ shell, flags, seed: flags.seed, loaded }), result }),
        exitCode: EXIT.done,
      };
    }),
});
