import type { ModelFile } from "../onnx/decode-model.ts";
import { nodeFileSession, nodeRuntime } from "../runtime/node-runtime.ts";
import type { FileSession } from "../runtime/file-session.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Check } from "../result/envelope.ts";
import { sizeOf, type Tensor } from "../util/tensor.ts";
import type { LoadProof, ProofBench } from "./load-proof.ts";
import { fileWays, type FileWay } from "./file-ways.ts";
import { proofBatchSize } from "./proof-batch-size.ts";
import { cannotRun, proveImport, type ProofBatch, unproven } from "./prove-import.ts";

/**
 * The imported graph is the file's, on the first examples: with the weights that are measured, else with
 * the file's own; as the file is, else written for float32 where the runtime has no kernels for float64.
 */
export const importProof: LoadProof = {
  name: "import",
  async prove(bench: ProofBench) {
    const { problem, device } = bench;
    const runtime = device === "cpu" ? problem.runtime : nodeRuntime({ threads: problem.runtime.threads });
    try {
      let first: Check | undefined;
      for (const way of fileWays(bench)) {
        const check = await proveOn(bench, runtime, way);
        if (check.passed !== null) return way.remark ? { ...check, detail: `${check.detail} ${way.remark}` } : check;
        first ??= check;
      }
      return first ?? unproven("there is no file to run");
    } finally {
      if (runtime !== problem.runtime) await runtime.close();
    }
  },
};

async function proveOn(bench: ProofBench, runtime: Runtime, { file, model, precision }: FileWay): Promise<Check> {
  let session: FileSession;
  try {
    session = await nodeFileSession(file, { threads: bench.problem.runtime.threads });
  } catch (error) {
    return unproven(cannotRun(error));
  }
  const { freeze, parameters, examplesAxes } = bench.problem.options;
  const feeding = (batch: ProofBatch) => examplesOf(bench, batch);
  const importing = { freeze, parameters, examplesAxes };
  try {
    return await proveImport(
      { model, session, runtime, precision, importing, feeding, random: bench.random },
      batchesOf(bench, model),
    );
  } finally {
    await session.release();
  }
}

function examplesOf({ problem: { dataset } }: ProofBench, { start, size }: ProofBatch): Map<string, Tensor> {
  const { inputs } = dataset.batch(start, Math.min(dataset.examples, start + size));
  return new Map(Object.entries(inputs).map(([name, tensor]) => [name, repeated(tensor, size)]));
}

/** One batch for a load; for a check the first, one example in the middle, and the last examples. */
function batchesOf({ problem, thorough }: ProofBench, model: ModelFile): ProofBatch[] {
  const { examples } = problem;
  const { size, isOnly } = proofBatchSize(problem, model);
  const first = { start: 0, size };
  if (!thorough) return [first];
  const sizes = isOnly ? [size, size] : [1, Math.max(1, size - 1)];
  const others = [Math.floor(examples / 2), examples].map((end, i) => ({
    start: Math.max(0, end - sizes[i]),
    size: sizes[i],
  }));
  return [first, ...others.filter((other) => other.start > 0 || other.size !== size)];
}

/** The examples again and again until there are `size`. */
function repeated({ dtype, shape, data }: Tensor, size: number): Tensor {
  const [count, ...each] = shape;
  if (count === size) return { dtype, shape, data };
  const width = sizeOf(each);
  const all = new Float64Array(size * width);
  for (let i = 0; i < size; i++) all.set(data.subarray((i % count) * width, ((i % count) + 1) * width), i * width);
  return { dtype, shape: [size, ...each], data: all };
}
