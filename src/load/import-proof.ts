import type { ModelFile } from "../onnx/decode-model.ts";
import { nodeFileSession, nodeRuntime } from "../runtime/node-runtime.ts";
import { type FileSession, isMistyped } from "../runtime/file-session.ts";
import { messageOf } from "../util/message-of.ts";
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
        const opened = await open(bench, way);
        if ("refusal" in opened) {
          first ??= opened.refusal;
          // Another way would only hide what the file says.
          if (opened.isMistyped) break;
          continue;
        }
        const check = await proveOn(bench, runtime, way, opened.session);
        if (check.passed !== null) return way.remark ? { ...check, detail: `${check.detail} ${way.remark}` } : check;
        first ??= check;
      }
      return first ?? unproven("what it draws at random cannot be fed to the file instead");
    } finally {
      if (runtime !== problem.runtime) await runtime.close();
    }
  },
};

/** The file in the runtime, or why it is not. */
async function open(
  { problem }: ProofBench,
  { file }: FileWay,
): Promise<{ readonly session: FileSession } | { readonly refusal: Check; readonly isMistyped: boolean }> {
  try {
    return { session: await nodeFileSession(file, { threads: problem.runtime.threads }) };
  } catch (error) {
    if (!isMistyped(error)) return { refusal: unproven(cannotRun(error)), isMistyped: false };
    const told = `the types in the file do not fit together, and ONNX Runtime refuses it (${messageOf(error)}); here all its floats are taken as ${problem.options.precision}`;
    return { refusal: unproven(told), isMistyped: true };
  }
}

async function proveOn(
  bench: ProofBench,
  runtime: Runtime,
  { model, precision }: FileWay,
  session: FileSession,
): Promise<Check> {
  const { freeze, parameters, examplesAxes, draws } = bench.problem.options;
  const feeding = (batch: ProofBatch) => examplesOf(bench, batch);
  const importing = { freeze, parameters, examplesAxes, draws };
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
