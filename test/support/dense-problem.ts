import { create, toBinary } from "@bufbuild/protobuf";
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
  type NodeProto,
  type TensorProto,
} from "onnx-buf";
import type { Dataset } from "../../src/data/dataset.ts";
import { decodeModel } from "../../src/onnx/decode-model.ts";
import type { Loss } from "../../src/problem/losses/loss.ts";
import type { ProblemOptions } from "../../src/problem/problem-options.ts";
import { Problem } from "../../src/problem/problem.ts";
import { nodeRuntime } from "../../src/runtime/node-runtime.ts";
import { tensor } from "../../src/util/tensor.ts";

/** Small fully connected networks in float64, for the tests: closed forms are known. */

/** x ↦ activation(x W + b), W row-major [inputs, outputs]. */
export interface Dense {
  readonly name: string;
  readonly inputs: number;
  readonly weights: readonly number[];
  readonly bias?: readonly number[];
  /** An ONNX operator: "Relu". */
  readonly activation?: string;
}

const runtime = nodeRuntime({ threads: 1 });

function typed(name: string, extent: number) {
  const dim = [
    create(TensorShapeProto_DimensionSchema, { value: { case: "dimParam", value: "N" } }),
    create(TensorShapeProto_DimensionSchema, { value: { case: "dimValue", value: BigInt(extent) } }),
  ];
  const tensorType = create(TypeProto_TensorSchema, {
    elemType: TensorProto_DataType.DOUBLE,
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value: tensorType } }),
  });
}

function initializer(name: string, dims: readonly number[], values: readonly number[]) {
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: TensorProto_DataType.DOUBLE,
    doubleData: [...values],
  });
}

function denseModel(layers: readonly Dense[]): Uint8Array<ArrayBuffer> {
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  let value = "x";
  let width = layers[0].inputs;
  for (const { name, inputs, weights, bias, activation } of layers) {
    width = weights.length / inputs;
    initializers.push(initializer(`${name}.weight`, [inputs, width], weights));
    const apply = (opType: string, input: string[], output: string) => {
      nodes.push(create(NodeProtoSchema, { opType, input, output: [output], name: output }));
      value = output;
    };
    apply("MatMul", [value, `${name}.weight`], `${name}.product`);
    if (bias) {
      initializers.push(initializer(`${name}.bias`, [width], bias));
      apply("Add", [value, `${name}.bias`], `${name}.sum`);
    }
    if (activation) apply(activation, [value], `${name}.activation`);
  }
  const graph = create(GraphProtoSchema, {
    name: "dense",
    node: nodes,
    initializer: initializers,
    input: [typed("x", layers[0].inputs)],
    output: [typed(value, width)],
  });
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: "", version: 17n })],
    graph,
  });
  return toBinary(ModelProtoSchema, model);
}

/** Class numbers, or rows of targets. */
type Labels = readonly (number | readonly number[])[];

function dataset(x: readonly (readonly number[])[], y: Labels): Dataset {
  const [first] = y;
  const classes = typeof first === "number";
  const shape = classes ? [] : [first.length];
  const labels = (start: number, end: number) =>
    tensor(classes ? "int64" : "float64", [end - start, ...shape], Float64Array.from(y.slice(start, end).flat()));
  return {
    name: "test data",
    examples: x.length,
    inputs: [{ name: "x", array: "x", dtype: "float64", shape: [x[0].length] }],
    labels: { array: "y", dtype: classes ? "int64" : "float64", shape },
    notes: [],
    batch: (start, end) => ({
      inputs: { x: tensor("float64", [end - start, x[0].length], Float64Array.from(x.slice(start, end).flat())) },
      y: labels(start, end),
    }),
    y: labels,
    sha256: () => "",
  };
}

export function denseProblem(
  layers: readonly Dense[],
  x: readonly (readonly number[])[],
  y: Labels,
  loss: Loss,
  options: Partial<ProblemOptions> = {},
): Problem {
  return Problem.open(decodeModel(denseModel(layers), { file: "dense.onnx" }), dataset(x, y), runtime, {
    loss,
    lossOptions: { ignoreIndex: -100 },
    reduction: "mean",
    l2: 0,
    precision: "float64",
    batchSize: 64,
    cacheBytes: 2 ** 28,
    ...options,
  });
}
