import { benchParameters, runBench } from "../instruments/bench.ts";
import { benchResult, type BenchResult, type Timing } from "../result/bench-result.ts";
import { MODEL } from "../runs/argument.ts";
import { defineExperiment } from "../runs/experiment.ts";
import { FOLDER_ON_DEMAND } from "../runs/output.ts";
import { times, type Work } from "../problem/work.ts";
import { formatCounted, formatDuration } from "../util/format-size.ts";
import { formatNumber } from "../util/format-number.ts";

export const bench = defineExperiment({
  name: "bench",
  summary: "time forward pass, gradient and products on this machine",
  document: "bench",
  result: benchResult,
  arguments: [MODEL],
  examples: [["thalweg bench model.onnx --data data.npz --batch-size 256", "with batches of 256"]],
  subject: "problem",
  parameters: benchParameters,
  writes: FOLDER_ON_DEMAND,
  isRandom: true,
  findsTimes: true,
  plan({ problem }, options) {
    const { runs, block = problem.preferredBlock } = benchParameters.parse(options);
    const step = (name: keyof BenchResult, title: string, products: number, work: Work = { products }) => ({
      name,
      title,
      products: runs * products,
      work: times(runs, work),
      bytes: 0,
      skipped: undefined,
    });
    return {
      noun: "timing",
      steps: [
        step("forward", "forward pass", 0, { losses: 1 }),
        step("gradient", "gradient", 0, { gradients: 1 }),
        step("hessianVector", "Hessian · vector", 1),
        step("hessianVectorBlock", `Hessian · vector, ${block} together`, block),
        step("gaussNewtonVector", "Gauss–Newton · vector", 1),
      ],
      tasks: 1,
      problem,
      warnings: [],
    };
  },
  async measure({ problem }, options, { clock, random, context }) {
    return { result: await runBench(problem, options, clock, random, context), converged: true };
  },
  show(result, { precision, runtime }) {
    const { examples, batchSize, gemm, forward, gradient, hessianVector, hessianVectorBlock } = result;
    const threads = runtime === null ? [] : [`${runtime.threads} threads`];
    const row = (name: string, timing: Timing | null) =>
      timing === null
        ? [name, "n/a", "", ""]
        : [
            name,
            formatDuration(timing.medianMs),
            `${formatNumber(timing.medianMs / forward.medianMs, 2)}×`,
            `${formatDuration(timing.minMs)} – ${formatDuration(timing.maxMs)}`,
          ];
    return [
      {
        title: "Time per vector, over all examples",
        caveats: [],
        text: [
          `${[`${formatCounted(examples, "example")} in batches of ${batchSize}`, precision, ...threads, `${forward.runs} runs`].join(", ")}; a matrix product of size ${gemm.size}: ${formatNumber(gemm.gflops, 3)} Gflop/s.`,
        ],
        readings: [],
        table: {
          columns: ["", "median", "forward", "range"],
          rows: [
            row("forward pass", forward),
            row("gradient", gradient),
            row("Hessian · vector", hessianVector),
            row(`Hessian · vector, ${hessianVectorBlock.block} together`, hessianVectorBlock),
            row("Gauss–Newton · vector", result.gaussNewtonVector),
          ],
        },
      },
    ];
  },
});
