import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import { float16, toFloat16 } from "../files/half-float.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { Shape, TensorData } from "../util/tensor.ts";
import type { OrtModule } from "./onnxruntime.ts";
import { messageOf } from "../util/message-of.ts";

/** An input of a file as the runtime declares it; axes that are names are open. */
export interface FilePort {
  readonly name: string;
  readonly shape: readonly (number | string)[];
  /** The numbers as the file will see them: rounded, or wrapped around, to its own element type. */
  seen(data: TensorData): TensorData;
}

/** What a file computed. */
export interface FileOutput {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

/** An ONNX file that the runtime runs as it is: its own operators, types, opset and external data. */
export interface FileSession {
  readonly inputs: readonly FilePort[];
  /** Names of the outputs that are tensors of numbers. */
  readonly outputs: readonly string[];
  /** Element types of inputs and outputs, as the runtime calls them. */
  readonly types: readonly string[];
  /** Runs the file for the outputs of these names. */
  run(
    inputs: ReadonlyMap<string, { readonly shape: Shape; readonly data: TensorData }>,
    outputs: readonly string[],
  ): Promise<ReadonlyMap<string, FileOutput>>;
  release(): Promise<void>;
}

/** An element type of files: how our numbers become its array, and how its array becomes numbers. */
interface ElementType {
  encode(data: TensorData): OrtTensor.DataType;
  decode(data: OrtTensor.DataType): ArrayLike<number> | undefined;
}

const numeric = (make: { from(data: ArrayLike<number>): OrtTensor.DataType }): ElementType => ({
  encode: (data) => make.from(data),
  decode: (data) =>
    data instanceof BigInt64Array || data instanceof BigUint64Array || Array.isArray(data) ? undefined : data,
});

const wide = (make: { from(data: Iterable<bigint>): BigInt64Array | BigUint64Array }): ElementType => ({
  encode: (data) => make.from(Array.from(data, (element) => BigInt(Math.trunc(element)))),
  decode: (data) =>
    data instanceof BigInt64Array || data instanceof BigUint64Array ? Float64Array.from(data, Number) : undefined,
});

const TYPES = new Map<OrtTensor.Type, ElementType>([
  ["float32", numeric(Float32Array)],
  ["float64", numeric(Float64Array)],
  [
    "float16",
    {
      encode: (data) => Uint16Array.from(data, toFloat16),
      decode: (data) => (data instanceof Uint16Array ? Float32Array.from(data, float16) : undefined),
    },
  ],
  ["int8", numeric(Int8Array)],
  ["uint8", numeric(Uint8Array)],
  ["int16", numeric(Int16Array)],
  ["uint16", numeric(Uint16Array)],
  ["int32", numeric(Int32Array)],
  ["uint32", numeric(Uint32Array)],
  ["int64", wide(BigInt64Array)],
  ["uint64", wide(BigUint64Array)],
  ["bool", numeric(Uint8Array)],
]);

/**
 * Opens a file in the runtime as it is, without the runtime's own optimisations.
 *
 * @param file its path, so that external data are found beside it, or its bytes
 * @throws ThalwegError `file-refused` where the runtime cannot run such a file, with its own words
 */
export async function openFileSession(
  ort: OrtModule,
  file: string | Uint8Array,
  options: { readonly threads: number; readonly provider: string },
): Promise<FileSession> {
  const settings: InferenceSession.SessionOptions = {
    executionProviders: [options.provider],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "disabled",
    enableMemPattern: false,
    enableCpuMemArena: false,
    logSeverityLevel: 4,
    extra: { session: { force_spinning_stop: "1", intra_op: { allow_spinning: "0" } } },
  };
  const session = await attempt(() =>
    typeof file === "string"
      ? ort.InferenceSession.create(file, settings)
      : ort.InferenceSession.create(file, settings),
  );
  const types = new Map<string, OrtTensor.Type>();
  const inputs = session.inputMetadata.map((input): FilePort => {
    const type = input.isTensor ? TYPES.get(input.type) : undefined;
    if (!input.isTensor || !type) throw refused(`its input ${input.name} is of a type that cannot be fed`);
    types.set(input.name, input.type);
    return {
      name: input.name,
      shape: input.shape,
      seen: (data) => Float64Array.from(type.decode(type.encode(data)) ?? data),
    };
  });
  return {
    inputs,
    types: [...session.inputMetadata, ...session.outputMetadata].flatMap((port) => (port.isTensor ? port.type : [])),
    outputs: session.outputMetadata.flatMap((output) =>
      output.isTensor && TYPES.has(output.type) ? [output.name] : [],
    ),
    async run(feeds, outputs) {
      const tensors = [...feeds].flatMap(([name, { shape, data }]) => {
        const type = types.get(name);
        const encoded = type && TYPES.get(type)?.encode(data);
        return type && encoded ? [[name, new ort.Tensor(type, encoded, shape)] as const] : [];
      });
      const results = await attempt(() => session.run(Object.fromEntries(tensors), [...outputs]));
      return new Map(
        outputs.map((name) => {
          const value = Object.hasOwn(results, name) ? results[name] : undefined;
          const data = value && TYPES.get(value.type)?.decode(value.data);
          if (!value || !data) throw refused(`its output ${name} cannot be read back`);
          return [name, { shape: value.dims, data }] as const;
        }),
      );
    },
    release: () => session.release(),
  };
}

async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refused(messageOf(error), error);
  }
}

/** Whether the runtime refused a file since types in it contradict each other, or an operator does not take them. */
export function isMistyped(error: unknown): boolean {
  return (
    error instanceof ThalwegError &&
    error.code === "file-refused" &&
    /Type (Error|Inference)|TypeInferenceError/.test(error.message)
  );
}

function refused(message: string, cause?: unknown): ThalwegError {
  return new ThalwegError({ kind: "input", code: "file-refused", message: message.replace(/\s+/g, " ").trim(), cause });
}
