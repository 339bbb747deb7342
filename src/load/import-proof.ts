import { batchAxes } from "../onnx/bind-inputs.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { nodeFileSession, nodeRuntime } from "../runtime/node-runtime.ts";
import type { FileSession } from "../runtime/file-session.ts";
import { sizeOf, type Tensor } from "../util/tensor.ts";
import { elementsPerExample } from "./choose-batches.ts";
import type { LoadProof, ProofBench } from "./load-proof.ts";
import { cannotRun, proveImport, type ProofBatch, unproven } from "./prove-import.ts";

/** Values that one forward pass of the proof may hold, and the most examples that it takes. */
const ELEMENTS = 2 ** 20;
const MOST_EXAMPLES = 16;

/** The imported graph is the file's: proven with the file's own weights, on the first examples. */
export const importProof: LoadProof = {
  name: "import",
  async prove(bench: ProofBench) {
    const { source, problem, device, random } = bench;
    const { threads } = problem.runtime;
    let session: FileSession;
    try {
      session = await nodeFileSession(source.path, { threads });
    } catch (error) {
      return unproven(cannotRun(error));
    }
    const model = source.original ?? source.model;
    const runtime = device === "cpu" ? problem.runtime : nodeRuntime({ threads });
    const { freeze, parameters, examplesAxes } = problem.options;
    try {
      return await proveImport(
        {
          model,
          session,
          runtime,
          importing: { freeze, parameters, examplesAxes },
          feeding: (batch) => examplesOf(bench, batch),
          random,
        },
        batchesOf(bench, model),
      );
    } finally {
      await session.release();
      if (runtime !== problem.runtime) await runtime.close();
    }
  },
};

function examplesOf({ problem: { dataset } }: ProofBench, { start, size }: ProofBatch): Map<string, Tensor> {
  const { inputs } = dataset.batch(start, Math.min(dataset.examples, start + size));
  return new Map(Object.entries(inputs).map(([name, tensor]) => [name, repeated(tensor, size)]));
}

/** One batch for a load; for a check the first, one example in the middle, and the last examples. */
function batchesOf({ problem, thorough }: ProofBench, model: ModelFile): ProofBatch[] {
  const { examples, network, options } = problem;
  const axis = batchAxes(model.inputs)[0];
  const declared = axis === undefined ? undefined : model.inputs[0].shape[axis];
  const perExample = elementsPerExample([...network.imported.outputs.values()], Math.min(options.batchSize, examples));
  const fitting = Math.min(MOST_EXAMPLES, Math.max(2, Math.floor(ELEMENTS / perExample)), examples);
  const size = typeof declared === "number" ? declared : fitting;
  const first = { start: 0, size };
  if (!thorough) return [first];
  const sizes = typeof declared === "number" ? [declared, declared] : [1, Math.max(1, fitting - 1)];
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
