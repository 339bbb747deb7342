import * as ort from "onnxruntime-node";
import { Graph } from "../../src/graph/graph.ts";
import { decodeModel } from "../../src/onnx/decode-model.ts";
import { lowerGraph } from "../../src/onnx/emit-lower.ts";
import { emitModel } from "../../src/onnx/emit-model.ts";
import { importGraph } from "../../src/onnx/import-graph.ts";
import { nodeRuntime } from "../../src/runtime/node-runtime.ts";
import type { FloatType, Shape, Tensor } from "../../src/util/tensor.ts";
import { ThalwegError } from "../../src/util/thalweg-error.ts";
import type { Elements } from "./onnx-model.ts";
import { expectWellFormed } from "./well-formed.ts";

/* The oracle of imports: ONNX Runtime running the file as it is, beside the graph that was imported from it. */

export interface Fed {
  readonly elements: Elements;
  readonly shape: Shape;
  readonly values: readonly number[];
}

export interface Output {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export type Outcome =
  | {
      readonly kind: "compared";
      readonly ours: ReadonlyMap<string, Output>;
      readonly theirs: ReadonlyMap<string, Output>;
    }
  /** We refuse the file. */
  | { readonly kind: "refused"; readonly error: ThalwegError; readonly runs: boolean }
  /** Anything else that we throw. */
  | { readonly kind: "crashed"; readonly error: unknown }
  /** The runtime does not run the file. */
  | { readonly kind: "no-oracle"; readonly message: string; readonly imported: boolean; readonly crash?: string };

const TYPES: Record<Elements, ort.Tensor.Type> = {
  float: "float32",
  double: "float64",
  int64: "int64",
  int32: "int32",
  uint8: "uint8",
  int8: "int8",
  bool: "bool",
};

function ortTensor({ elements, shape, values }: Fed): ort.Tensor {
  const integers = () => BigInt64Array.from(values, (value) => BigInt(value));
  const data = {
    float: () => Float32Array.from(values),
    double: () => Float64Array.from(values),
    int64: integers,
    int32: () => Int32Array.from(values),
    uint8: () => Uint8Array.from(values),
    int8: () => Int8Array.from(values),
    bool: () => Uint8Array.from(values),
  }[elements]();
  return new ort.Tensor(TYPES[elements], data, [...shape]);
}

function ourTensor({ elements, shape, values }: Fed, precision: FloatType): Tensor {
  if (elements === "bool") return { dtype: "bool", shape, data: Uint8Array.from(values) };
  if (elements !== "float" && elements !== "double") return { dtype: "int64", shape, data: Float64Array.from(values) };
  return precision === "float32"
    ? { dtype: "float32", shape, data: Float32Array.from(values) }
    : { dtype: "float64", shape, data: Float64Array.from(values) };
}

async function runFile(bytes: Uint8Array, feeds: ReadonlyMap<string, Fed>): Promise<Map<string, Output>> {
  const session = await ort.InferenceSession.create(bytes, {
    logSeverityLevel: 4,
    graphOptimizationLevel: "disabled",
    intraOpNumThreads: 1,
  });
  try {
    const found = await session.run(Object.fromEntries([...feeds].map(([name, fed]) => [name, ortTensor(fed)])));
    return new Map(
      Object.entries(found).map(([name, tensor]) => [
        name,
        { shape: tensor.dims, data: Array.from(tensor.data, Number) },
      ]),
    );
  } finally {
    await session.release();
  }
}

/** Imports a file without parameters and runs what came of it. */
export async function runImported(
  bytes: Uint8Array,
  feeds: ReadonlyMap<string, Fed>,
  precision: FloatType,
): Promise<Map<string, Output>> {
  const runtime = nodeRuntime({ threads: 1 });
  const model = decodeModel(bytes, { file: "model.onnx" });
  const batch = [...feeds.values()][0]?.shape[0] ?? 1;
  const graph = new Graph({ inspect: expectWellFormed });
  const imported = importGraph(model, graph, {
    precision,
    batch: Math.max(batch, 1),
    inputShapes: Object.fromEntries([...feeds].map(([name, { shape }]) => [name, shape])),
    parameters: [],
  });
  const target = { precision, portable: false };
  const lowered = lowerGraph([...imported.outputs.values()], target);
  const emitted = emitModel(new Map([...imported.outputs.keys()].map((name, i) => [name, lowered[i]])), target);
  const executable = await runtime.compile(emitted);
  try {
    const ours = await executable.run(
      new Map(
        [...feeds]
          .filter(([name]) => emitted.inputs.has(name))
          .map(([name, fed]) => [name, runtime.feed(ourTensor(fed, precision))]),
      ),
    );
    return new Map([...ours].map(([name, { shape, data }]) => [name, { shape, data: Array.from(data, Number) }]));
  } finally {
    await executable.release();
  }
}

/** Runs a file twice: as it is, and as it was imported. */
export async function againstRuntime(
  bytes: Uint8Array,
  feeds: ReadonlyMap<string, Fed>,
  precision: FloatType = "float32",
): Promise<Outcome> {
  let theirs: Map<string, Output> | undefined;
  let message = "";
  try {
    theirs = await runFile(bytes, feeds);
  } catch (error) {
    message = error instanceof Error ? error.message : String(error);
  }
  try {
    const ours = await runImported(bytes, feeds, precision);
    return theirs ? { kind: "compared", ours, theirs } : { kind: "no-oracle", message, imported: true };
  } catch (error) {
    if (error instanceof ThalwegError && error.kind !== "internal")
      return theirs ? { kind: "refused", error, runs: true } : { kind: "no-oracle", message, imported: false };
    return theirs ? { kind: "crashed", error } : { kind: "no-oracle", message, imported: false, crash: String(error) };
  }
}

/** The first output and element that differs by more than rounding, as a sentence; undefined where all agree. */
export function firstDifference(
  ours: ReadonlyMap<string, Output>,
  theirs: ReadonlyMap<string, Output>,
  tolerance: number,
): string | undefined {
  for (const [name, expected] of theirs) {
    const actual = ours.get(name);
    if (!actual) return `${name} is missing`;
    if (actual.shape.join() !== expected.shape.join())
      return `${name} has the shape [${actual.shape.join(", ")}] instead of [${expected.shape.join(", ")}]`;
    const scale = Math.max(1, ...expected.data.map((value) => (Number.isFinite(value) ? Math.abs(value) : 0)));
    const at = expected.data.findIndex((value, i) => {
      const other = actual.data[i];
      return !(Object.is(value, other) || value === other || Math.abs(value - other) <= tolerance * scale);
    });
    if (at >= 0) return `${name}[${at}] is ${actual.data[at]} instead of ${expected.data[at]}`;
  }
  return undefined;
}
