import { create, toBinary, type MessageInitShape } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as Kind,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataType as Type,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type FunctionProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "onnx-buf";
import { sizeOf, type Shape } from "../../src/util/tensor.ts";

/* Small ONNX files written by hand. */

export type Elements = "float" | "double" | "int64" | "int32" | "uint8" | "int8" | "bool";

const TYPES: Record<Elements, Type> = {
  float: Type.FLOAT,
  double: Type.DOUBLE,
  int64: Type.INT64,
  int32: Type.INT32,
  uint8: Type.UINT8,
  int8: Type.INT8,
  bool: Type.BOOL,
};

/** A float attribute, told from an integer by its wrapper. */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export const float = (value: number) => new Float(value);

export type AttributeValue =
  | number
  | Float
  | string
  | readonly number[]
  | readonly Float[]
  | readonly string[]
  | TensorProto
  | GraphProto;

export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly domain?: string;
  readonly name?: string;
}

export function tensorProto(name: string, elements: Elements, shape: Shape, values: readonly number[]): TensorProto {
  const raw =
    elements === "float"
      ? Float32Array.from(values)
      : elements === "double"
        ? Float64Array.from(values)
        : elements === "int64"
          ? BigInt64Array.from(values, (value) => BigInt(value))
          : elements === "int32"
            ? Int32Array.from(values)
            : Uint8Array.from(values);
  if (values.length !== sizeOf(shape)) throw new RangeError(`${name} needs ${sizeOf(shape)} values`);
  return create(TensorProtoSchema, {
    name,
    dataType: TYPES[elements],
    dims: shape.map((extent) => BigInt(extent)),
    rawData: new Uint8Array(raw.buffer),
  });
}

export function valueInfo(name: string, elements: Elements, shape: readonly (number | string)[]): ValueInfoProto {
  const dim = shape.map((extent) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        typeof extent === "number" ? { case: "dimValue", value: BigInt(extent) } : { case: "dimParam", value: extent },
    }),
  );
  const tensor = create(TypeProto_TensorSchema, {
    elemType: TYPES[elements],
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value: tensor } }),
  });
}

function attribute(name: string, value: AttributeValue): AttributeProto {
  const bytes = (text: string) => Uint8Array.from(new TextEncoder().encode(text));
  const make = (fields: MessageInitShape<typeof AttributeProtoSchema>) =>
    create(AttributeProtoSchema, { ...fields, name });
  if (typeof value === "number") return make({ type: Kind.INT, i: BigInt(value) });
  if (typeof value === "string") return make({ type: Kind.STRING, s: bytes(value) });
  if (value instanceof Float) return make({ type: Kind.FLOAT, f: value.value });
  if ("$typeName" in value) {
    return value.$typeName === "onnx.TensorProto"
      ? make({ type: Kind.TENSOR, t: value })
      : make({ type: Kind.GRAPH, g: value });
  }
  const integers: bigint[] = [];
  const floats: number[] = [];
  const strings: Uint8Array<ArrayBuffer>[] = [];
  for (const each of value) {
    if (typeof each === "number") integers.push(BigInt(each));
    else if (typeof each === "string") strings.push(bytes(each));
    else floats.push(each.value);
  }
  if (floats.length > 0) return make({ type: Kind.FLOATS, floats });
  if (strings.length > 0) return make({ type: Kind.STRINGS, strings });
  return make({ type: Kind.INTS, ints: integers });
}

export function nodeProto({ op, inputs, outputs, attributes = {}, domain = "", name = "" }: NodeSpec): NodeProto {
  return create(NodeProtoSchema, {
    opType: op,
    domain,
    name: name || `${op}_${outputs[0]}`,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
  });
}

export interface GraphSpec {
  readonly nodes: readonly NodeSpec[];
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  readonly initializers?: readonly TensorProto[];
}

export function graphProto({ nodes, inputs, outputs, initializers = [] }: GraphSpec): GraphProto {
  return create(GraphProtoSchema, {
    name: "test",
    node: nodes.map(nodeProto),
    initializer: [...initializers],
    input: [...inputs],
    output: [...outputs],
  });
}

export interface ModelSpec extends GraphSpec {
  readonly opset: number;
  readonly producer?: string;
  readonly functions?: FunctionProto[];
  readonly domains?: readonly string[];
}

export function modelBytes(spec: ModelSpec): Uint8Array {
  const domains = new Set([...spec.nodes.flatMap(({ domain }) => domain ?? []), ...(spec.domains ?? [])]);
  const opsets = [["", spec.opset] as const, ...[...domains].map((domain) => [domain, 1] as const)];
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: spec.producer ?? "test",
      opsetImport: opsets.map(([domain, version]) =>
        create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
      ),
      graph: graphProto(spec),
      functions: spec.functions ?? [],
    }),
  );
}
