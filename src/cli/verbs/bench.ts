import { z } from "zod";
import { benchParameters, runBench } from "../../instruments/bench.ts";
import { createRandom } from "../../random/random-stream.ts";
import type { Timing } from "../../result/bench-result.ts";
import { formatNumber } from "../../util/format-number.ts";
import { given, MODEL } from "../arguments.ts";
import { problemFlags, runFlags } from "../common-flags.ts";
import { EXIT } from "../exit-code.ts";
import { formatDuration } from "../format.ts";
import { frameOf } from "../frame.ts";
import { table } from "../layout.ts";
import { failedProofs, withProblem } from "../open-problem.ts";
import { defineVerb } from "../verb.ts";

export const bench = defineVerb({
  name: "bench",
  summary: "time forward pass, gradient and products on this machine",
  arguments: [MODEL],
  parameters: z.object({
    ...problemFlags.shape,
    seed: runFlags.shape.seed,
    ...benchParameters.shape,
  }),
  examples: [["thalweg bench model.onnx --data data.npz --batch-size 256", "with batches of 256"]],
  run: (flags, [path], shell) =>
    withProblem(given(path, "MODEL"), flags, shell, async (loaded) => {
      const { problem } = loaded;
      const clock = () => performance.now();
      const result = await runBench(problem, flags, clock, createRandom(flags.seed), shell.context());
      const { forward, gradient, hessianVector, hessianVectorBlock, gaussNewtonVector, gemm } = result;
      const row = (name: string, timing: Timing | null) =>
        timing
          ? [
              name,
              formatDuration(timing.medianMs),
              `${formatNumber(timing.medianMs / forward.medianMs, 2)}×`,
              `${formatDuration(timing.minMs)} – ${formatDuration(timing.maxMs)}`,
            ]
          : [name, "n/a"];
      const rows = [
        ["", "median", "forward", "range"],
        row("forward pass", forward),
        row("gradient", gradient),
        row("Hessian · vector", hessianVector),
        row(`Hessian · vector, ${hessianVectorBlock.block} together`, hessianVectorBlock),
        row("Gauss–Newton · vector", gaussNewtonVector),
      ];
      const head = `${problem.examples} examples in batches of ${problem.options.batchSize}, ${problem.options.precision}, ${problem.runtime.threads} threads, ${forward.runs} runs`;
      return {
        text: `${shell.style.bold("Time per vector, over all examples")}\n${head}\n\n${table(rows, ["left", "right", "right", "left"])}\n\n  matrix product of size ${gemm.size}: ${formatNumber(gemm.gflops, 3)} Gflop/s\n${failedProofs(loaded, shell.style)}`,
        document: {
          schema: "thalweg/bench@1",
          ...frameOf({ shell, flags, seed: flags.seed, loaded }),
          result,
        },
        exitCode: EXIT.done,
      };
    }),
});
