import { openFile } from "../io/open-file.ts";
import { batchAxes } from "../onnx/bind-inputs.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { nodeFileSession, nodeRuntime } from "../runtime/node-runtime.ts";
import type { FileSession } from "../runtime/file-session.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Check } from "../result/envelope.ts";
import { sizeOf, type FloatType, type Tensor } from "../util/tensor.ts";
import { elementsPerExample } from "./choose-batches.ts";
import type { LoadProof, ProofBench } from "./load-proof.ts";
import { cannotRun, ownPrecision, proveImport, type ProofBatch, unproven } from "./prove-import.ts";
import { rewriteFile } from "./rewrite-file.ts";

/** Values that one forward pass of the proof may hold, and the most examples that it takes. */
const ELEMENTS = 2 ** 20;
const MOST_EXAMPLES = 16;

/** A way to make the proof, and what has to be said where it is this one that serves. */
interface Way {
  readonly file: string | Uint8Array;
  readonly model: ModelFile;
  readonly precision?: FloatType;
  readonly remark?: string;
}

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
      for (const way of waysOf(bench)) {
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

/** The ways in the order of what they prove; each is tried where the one before could not be gone. */
function* waysOf({ source }: ProofBench): Generator<Way> {
  const { path, model, original } = source;
  const own = original ?? model;
  const isWide = ownPrecision(own) === "float64";
  const narrow = "It was run in float32, since ONNX Runtime has no float64 kernels for it.";
  const others = "It was run with the file's own weights, since those of --weights cannot be put into the file.";
  if (original) {
    const tensors = replacedTensors(model, original);
    const file = rewriteFile(readBytes(path), { tensors });
    if (file) yield { file, model };
    const narrowed = isWide ? rewriteFile(readBytes(path), { tensors, narrow: true }) : undefined;
    if (narrowed) yield { file: narrowed, model, precision: "float32", remark: narrow };
  }
  const remark = original ? others : undefined;
  yield { file: path, model: own, remark };
  const narrowed = isWide ? rewriteFile(readBytes(path), { narrow: true }) : undefined;
  if (narrowed)
    yield { file: narrowed, model: own, precision: "float32", remark: [narrow, remark].filter(Boolean).join(" ") };
}

async function proveOn(bench: ProofBench, runtime: Runtime, { file, model, precision }: Way): Promise<Check> {
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

function replacedTensors(model: ModelFile, original: ModelFile): Map<string, Tensor> {
  return new Map(
    [...model.tensors].flatMap(([name, { tensor }]) =>
      tensor && tensor !== original.tensors.get(name)?.tensor ? [[name, tensor] as const] : [],
    ),
  );
}

function readBytes(path: string): Uint8Array {
  const source = openFile(path);
  try {
    return source.read(0, source.size);
  } finally {
    source.close();
  }
}

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
  const most = Math.min(MOST_EXAMPLES, Math.max(2, Math.floor(ELEMENTS / perExample)));
  const fitting = Math.min(most, options.batchSize, examples);
  // A file that leaves its batch open may take one size all the same.
  const only = typeof declared === "number" ? declared : problem.takesBatch(fitting) ? undefined : options.batchSize;
  const size = only ?? fitting;
  const first = { start: 0, size };
  if (!thorough) return [first];
  const sizes = only === undefined ? [1, Math.max(1, fitting - 1)] : [only, only];
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
