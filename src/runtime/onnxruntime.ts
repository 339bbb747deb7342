import type {
  InferenceSession,
  InferenceSessionFactory,
  Tensor as OrtTensor,
  TensorConstructor,
} from "onnxruntime-common";
import type { EmittedModel } from "../onnx/emit-model.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { formatBytes } from "../util/format-size.ts";
import { allocate, inPrecision, sizeOf, type Tensor, type TensorData } from "../util/tensor.ts";
import { KeptSession } from "./kept-session.ts";
import { probeBlockSize } from "./probe-block-size.ts";
import type { Executable, Feed, Runtime, Slot, Use } from "./runtime.ts";
import { SessionWays, type Waiting } from "./session-ways.ts";

/** What the Node and the browser packages have in common. */
export interface OrtModule {
  readonly InferenceSession: InferenceSessionFactory;
  readonly Tensor: TensorConstructor;
}

export interface OrtOptions {
  readonly description: string;
  readonly threads: number;
  readonly providers: readonly string[];
  readonly sharesConstantsFrom?: number;
  /** Whether sessions keep no memory between runs. */
  readonly isFrugal?: boolean;
}

/** Beyond this the session's own optimiser costs seconds and gains nothing: the graph is simplified already. */
const OPTIMIZED_NODES = 3000;

/**
 * Outputs from which on a session gets no arena, in elements: an arena keeps what it once had, and a run of checks opens a dozen sessions
 * for the same large vectors. The system gives blocks of that size as fast (`bench/loads.mjs`).
 */
const ARENA_ELEMENTS = 2 ** 22;

class OrtFeed implements Feed {
  readonly tensor: OrtTensor;

  constructor(tensor: OrtTensor) {
    this.tensor = tensor;
  }

  get elements(): number {
    return this.tensor.size;
  }

  /** The tensor is a view of an array, which is garbage like any other. */
  release(): void {}
}

class OrtSlot extends OrtFeed implements Slot {
  private readonly data: TensorData;

  constructor(tensor: OrtTensor, data: TensorData) {
    super(tensor);
    this.data = data;
  }

  write(values: TensorData, at: number): void {
    this.data.set(values, at);
  }
}

/** ONNX Runtime behind the {@link Runtime} interface: one lane, in this thread. */
export function onnxruntime(ort: OrtModule, options: OrtOptions): Runtime {
  const device = options.providers[0] === "webgpu" ? "webgpu" : undefined;
  const sessions = device && new KeptSession();
  const runtime: Omit<Runtime, "blockSize"> = {
    description: options.description,
    device,
    threads: options.threads,
    lanes: 1,
    sharesConstantsFrom: options.sharesConstantsFrom,
    feed: (tensor) => new OrtFeed(toOrt(ort, tensor)),
    slot(dtype, shape) {
      const data = allocate(dtype, sizeOf(shape));
      return new OrtSlot(toOrt(ort, { dtype, shape, data }), data);
    },
    compile: (model, use) => compile(ort, { ...options, ...use }, model, sessions),
    close: async () => sessions?.close(),
  };
  let blockSize: Promise<number | undefined> | undefined;
  return {
    ...runtime,
    blockSize: () =>
      (blockSize ??= options.providers[0] === "cpu" ? probeBlockSize(runtime) : Promise.resolve(undefined)),
  };
}

async function openSession(
  ort: OrtModule,
  options: OrtOptions,
  model: EmittedModel,
  waiting: Waiting,
): Promise<InferenceSession> {
  try {
    return await ort.InferenceSession.create(model.bytes, {
      executionProviders: [...options.providers],
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: optimizationLevel(model),
      enableMemPattern: false,
      enableCpuMemArena: options.isFrugal !== true && elementsOf(model.outputs) < ARENA_ELEMENTS,
      logSeverityLevel: 3,
      extra: {
        session: { force_spinning_stop: "1", intra_op: waiting },
        optimization: { disable_specified_optimizers: disabledOptimizers(model) },
      },
    });
  } catch (error) {
    throw runtimeError("session-refused", "ONNX Runtime refused the derivative graph", error);
  }
}

async function compile(
  ort: OrtModule,
  options: OrtOptions & Use,
  model: EmittedModel,
  sessions: KeptSession | undefined,
): Promise<Executable> {
  const ways = await SessionWays.open((waiting) => openSession(ort, options, model, waiting), {
    clock: () => performance.now(),
    passes: options.threads > 1 && options.providers[0] === "cpu" ? options.passes : undefined,
  });
  const constants = [...(model.constants ?? [])].map(([name, tensor]) => [name, toOrt(ort, tensor)] as const);
  const run = async (feeds: ReadonlyMap<string, Feed>): Promise<InferenceSession.ReturnType> => {
    const inputs: Record<string, OrtTensor> = Object.fromEntries(constants);
    for (const [name, type] of model.inputs) {
      const feed = feeds.get(name);
      if (!(feed instanceof OrtFeed)) {
        throw new ThalwegError({
          kind: "internal",
          code: "missing-feed",
          message: `The graph needs the input "${name}" of shape [${type.shape.join(", ")}].`,
        });
      }
      inputs[name] = feed.tensor;
    }
    try {
      return await ways.run(inputs);
    } catch (error) {
      throw runtimeError("run-failed", "ONNX Runtime failed while running the graph", error);
    }
  };
  const names = [...model.outputs.keys()];
  const release = (await sessions?.add(ways)) ?? (() => ways.release());
  return {
    async run(feeds) {
      const results = await run(feeds);
      return new Map(names.map((name) => [name, fromOrt(results[name])]));
    },
    async keep(feeds) {
      const results = await run(feeds);
      return new Map(names.map((name) => [name, new OrtFeed(results[name])]));
    },
    release,
  };
}

/**
 * Beyond "basic", ONNX Runtime moves scalar factors into attributes (MatMul times c becomes a scaled
 * FusedMatMul), and attributes are float32: a float64 result would be right to 1e-8 only.
 */
function optimizationLevel(model: EmittedModel): "disabled" | "basic" | "all" {
  if (model.nodes > OPTIMIZED_NODES) return "disabled";
  return [...model.inputs.values()].some(({ dtype }) => dtype === "float64") ? "basic" : "all";
}

/**
 * NoopElimination reads a float64 factor as float32, and takes 1 + 5e-8 for 1. EliminateIdentity has a contraction write straight
 * into an output, by which one of a weight's gradient takes a fifth to a half longer than behind a copy: a tenth of a product of a
 * transformer. SkipLayerNormFusion joins the sum with the normalisation behind it in a kernel that takes three times as long as the
 * two. Where the outputs are larger than the inputs, as what is prepared for a batch may be, copies would take too much memory.
 */
export function disabledOptimizers({ inputs, outputs }: EmittedModel): string {
  const always = "NoopElimination;SkipLayerNormFusion";
  return elementsOf(outputs) > elementsOf(inputs) ? always : `${always};EliminateIdentity`;
}

function elementsOf(ports: EmittedModel["inputs"]): number {
  return [...ports.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** How the runtime says that it got no memory. */
const NO_MEMORY = /failed to allocate memory|bad_alloc|bad allocation|out of memory/i;

/** How it says that it got no thread (EAGAIN). */
const NO_THREADS = /create failed, error code: 11|resource temporarily unavailable/i;

function runtimeError(code: string, message: string, cause: unknown): ThalwegError {
  const detail = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
  if (NO_MEMORY.test(detail)) {
    const size = /size:? (\d+)/.exec(detail)?.[1];
    return new ThalwegError({
      kind: "input",
      code: "out-of-memory",
      message: `The machine has not the memory for a tensor of this network${size === undefined ? "" : `, of ${formatBytes(Number(size))}`}.`,
      hint: "Use smaller batches (--batch-size), float32, or a machine with more memory.",
      cause,
    });
  }
  if (NO_THREADS.test(detail))
    return new ThalwegError({
      kind: "input",
      code: "out-of-threads",
      message: "The system lets this process start no more threads.",
      hint: "Use --threads 1, or end other processes.",
      cause,
    });
  return new ThalwegError({ kind: "internal", code, message: `${message}: ${detail}.`, cause });
}

function toOrt(ort: OrtModule, { dtype, shape, data }: Tensor): OrtTensor {
  switch (dtype) {
    case "float32":
      return new ort.Tensor("float32", inPrecision(data, "float32"), shape);
    case "float64":
      return new ort.Tensor("float64", inPrecision(data, "float64"), shape);
    case "int64":
      return new ort.Tensor(
        "int64",
        BigInt64Array.from(data, (element) => BigInt(element)),
        shape,
      );
    case "bool":
      return new ort.Tensor("bool", new Uint8Array(data), shape);
  }
}

function fromOrt(value: OrtTensor): Tensor {
  const { data, dims } = value;
  if (data instanceof Float32Array) return { dtype: "float32", shape: dims, data };
  if (data instanceof Float64Array) return { dtype: "float64", shape: dims, data };
  if (data instanceof BigInt64Array) return { dtype: "int64", shape: dims, data: Float64Array.from(data, Number) };
  if (data instanceof Uint8Array) return { dtype: "bool", shape: dims, data };
  throw new ThalwegError({
    kind: "internal",
    code: "output-type",
    message: `ONNX Runtime returned a tensor of type ${value.type}.`,
  });
}
