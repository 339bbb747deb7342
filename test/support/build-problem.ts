import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, TensorProto_DataType, TensorProtoSchema } from "onnx-buf";
import { openDataset } from "../../src/data/open-dataset.ts";
import { bytesSource } from "../../src/files/byte-source.ts";
import { encodeNpz } from "../../src/files/npz.ts";
import { Graph } from "../../src/graph/graph.ts";
import type { Value } from "../../src/graph/value.ts";
import { decodeModel } from "../../src/onnx/decode-model.ts";
import { emitModel } from "../../src/onnx/emit-model.ts";
import type { Loss } from "../../src/problem/losses/loss.ts";
import { Problem, type Surroundings } from "../../src/problem/problem.ts";
import type { ProblemOptions } from "../../src/problem/problem-options.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import type { Shape, Tensor } from "../../src/util/tensor.ts";
import { DEFAULTS } from "./reference-case.ts";
import { runtime } from "./run-values.ts";

export function array(shape: Shape, data: ArrayLike<number>): Tensor {
  return { dtype: "float64", shape, data: Float64Array.from(data) };
}

export function labels(shape: Shape, data: ArrayLike<number>): Tensor {
  return { dtype: "int64", shape, data: Float64Array.from(data) };
}

/** A network written with the graph builder: outputs from x and the parameters, by name. */
export type BuildNetwork = (x: Value, parameters: Readonly<Record<string, Value>>) => Value;

/** The network as an ONNX file: emitted, with the parameters turned from inputs into initialisers and the batch left open. */
export function networkBytes(x: Tensor, parameters: Readonly<Record<string, Tensor>>, build: BuildNetwork): Uint8Array {
  const graph = new Graph();
  const values = Object.fromEntries(
    Object.entries(parameters).map(([name, { dtype, shape }]) => [name, graph.input(name, dtype, shape)]),
  );
  const outputs = build(graph.input("x", x.dtype, x.shape), values);
  const { bytes } = emitModel(new Map([["outputs", outputs]]), { precision: "float64", portable: true });
  const model = fromBinary(ModelProtoSchema, bytes);
  if (!model.graph) throw new RangeError("a model has a graph");
  model.graph.input = model.graph.input.filter(({ name }) => !(name in parameters));
  for (const value of [...model.graph.input, ...model.graph.output]) {
    const type = value.type?.value;
    if (type?.case === "tensorType" && type.value.shape)
      type.value.shape.dim[0].value = { case: "dimParam", value: "N" };
  }
  for (const [name, { shape, data }] of Object.entries(parameters)) {
    const rawData = new Uint8Array(Float64Array.from(data).buffer);
    const dims = shape.map((extent) => BigInt(extent));
    model.graph.initializer.push(
      create(TensorProtoSchema, { name, dims, dataType: TensorProto_DataType.DOUBLE, rawData }),
    );
  }
  return toBinary(ModelProtoSchema, model);
}

export interface ProblemParts {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly parameters: Readonly<Record<string, Tensor>>;
  readonly build: BuildNetwork;
  readonly loss: Loss;
}

/** A problem that went the whole way: graph, ONNX bytes, importer, dataset. */
export function buildProblem(
  { x, y, parameters, build, loss }: ProblemParts,
  options: Partial<ProblemOptions> = {},
  { engine = runtime, ...surroundings }: Surroundings & { readonly engine?: Runtime } = {},
): Problem {
  const model = decodeModel(networkBytes(x, parameters, build), { file: "network.onnx" });
  const inputs = model.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  const bytes = encodeNpz([
    ["x", x],
    ["y", y],
  ]);
  const data = openDataset("data.npz", { data: bytesSource("data.npz", bytes) }, { inputs });
  return Problem.open(model, data, engine, { ...DEFAULTS, loss, precision: "float64", ...options }, surroundings);
}
