import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
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
  type AttributeProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "onnx-buf";
import type { Attribute, Attributes, Emitter, Target } from "../graph/emitter.ts";
import { emissionOrder } from "../graph/emission-order.ts";
import { inputNameOf, tensorOf } from "../graph/leaf.ts";
import { inspected } from "../graph/inspected.ts";
import type { Value, ValueType } from "../graph/value.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { allocate, type DType, isFloat, type Tensor } from "../util/tensor.ts";

/** The opset that is emitted, whatever the opset of the model that was read. */
const OPSET = 18;
/** The IR version that goes with it, so that runtimes of its day accept the file. */
const IR_VERSION = 8n;

const ELEMENT_TYPES: Record<DType, TensorProto_DataType> = {
  float32: TensorProto_DataType.FLOAT,
  float64: TensorProto_DataType.DOUBLE,
  int64: TensorProto_DataType.INT64,
  bool: TensorProto_DataType.BOOL,
};

/** An ONNX file in memory, with the type of each input that it really needs. */
export interface EmittedModel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly inputs: ReadonlyMap<string, ValueType>;
  /** Large constants that are not in the file: inputs beside the others, to be fed these on every run. */
  readonly constants?: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, ValueType>;
  /** Number of ONNX nodes. */
  readonly nodes: number;
}

/** Elements of a constant of floats that counts as large. */
const LARGE = 2 ** 16;

/** How a model is written. */
export interface EmitOptions {
  readonly description?: string;
  /** Elements of its large constants together from which on they are left out of the file ({@link EmittedModel.constants}); absent: never. */
  readonly constantsApartFrom?: number;
}

/**
 * Writes values as an ONNX model of opset 18. Inputs of the graph become inputs of the file,
 * constants become initialisers; only what the outputs need is written.
 *
 * @throws usage error `name-taken` for an output by the name of an input
 */
export function emitModel(
  outputs: ReadonlyMap<string, Value>,
  target: Target,
  { description = "", constantsApartFrom = Number.POSITIVE_INFINITY }: EmitOptions = {},
): EmittedModel {
  const { values, outputs: named, namesEarly } = emissionOrder(inspected("emit", [...outputs.values()]));
  const inputs = new Map<string, ValueType>();
  for (const value of values) {
    const name = inputNameOf(value);
    if (name !== undefined) inputs.set(name, { dtype: value.dtype, shape: value.shape });
  }
  const twice = [...outputs.keys()].find((name) => inputs.has(name));
  if (twice !== undefined)
    throw new ThalwegError({
      kind: "usage",
      code: "name-taken",
      message: `An output cannot be called ${twice}: an input of the graph has that name.`,
      hint: "Give the output a name of its own.",
    });
  const isApart = largeElements(values) >= constantsApartFrom;
  const emitter = new OnnxEmitter(target, new Set([...inputs.keys(), ...outputs.keys()]), isApart);
  const outputNames = new Map<Value, string[]>();
  for (const [name, value] of outputs) outputNames.set(value, [...(outputNames.get(value) ?? []), name]);
  const names = new Map<Value, string>();
  const nameOf = (value: Value): string => {
    const known = names.get(value);
    if (known !== undefined) return known;
    // A constant is written where it is used: not at all where it is used in another rank only.
    if (tensorOf(value) === undefined) throw new RangeError("a value is emitted after its inputs");
    const name = value.operation.emit(value, [], emitter);
    names.set(value, name);
    return name;
  };
  const give = (value: Value): void => {
    for (const name of outputNames.get(value) ?? []) emitter.rename(nameOf(value), name);
    outputNames.delete(value);
  };
  for (const value of values) {
    if (tensorOf(value)) continue;
    const inputs = value.inputs.map((input) => {
      const scalar = scalarBeside(input, value);
      return scalar ? emitter.constant(scalar) : nameOf(input);
    });
    names.set(value, value.operation.emit(value, inputs, emitter));
    if (namesEarly) give(value);
  }
  for (const value of named) give(value);

  const constants = emitter.apart;
  return {
    bytes: modelBytes(emitter, { inputs: new Map<string, Port>([...inputs, ...constants]), outputs }, description),
    inputs,
    constants,
    outputs: new Map([...outputs].map(([name, { dtype, shape }]) => [name, { dtype, shape }])),
    nodes: emitter.written.length,
  };
}

function isLarge({ dtype, data }: Tensor): boolean {
  return isFloat(dtype) && data.length >= LARGE;
}

/** Elements of the large constants among values, each array counted once. */
function largeElements(values: readonly Value[]): number {
  const arrays = new Set(
    values.flatMap((value) => {
      const tensor = tensorOf(value);
      return tensor && isLarge(tensor) ? [tensor.data] : [];
    }),
  );
  return [...arrays].reduce((sum, { length }) => sum + length, 0);
}

/** An input or output of a file; an axis that is a name is open. */
export interface Port {
  readonly dtype: DType;
  readonly shape: readonly (number | string)[];
}

/** What an emitter wrote, as a file of opset 18. */
export function modelBytes(
  emitter: OnnxEmitter,
  ports: { readonly inputs: ReadonlyMap<string, Port>; readonly outputs: ReadonlyMap<string, Port> },
  description: string,
): Uint8Array<ArrayBuffer> {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      producerName: "thalweg",
      docString: description,
      opsetImport: [
        create(OperatorSetIdProtoSchema, { domain: "", version: BigInt(OPSET) }),
        ...[...emitter.domains].map((domain) => create(OperatorSetIdProtoSchema, { domain, version: 1n })),
      ],
      graph: create(GraphProtoSchema, {
        name: "thalweg",
        node: emitter.written,
        initializer: emitter.initializers,
        input: [...ports.inputs].map(([name, port]) => valueInfo(name, port)),
        output: [...ports.outputs].map(([name, port]) => valueInfo(name, port)),
      }),
    }),
  );
}

/** The emitter behind {@link emitModel}; operations that carry ONNX nodes of their own write through `proto`. */
export class OnnxEmitter implements Emitter {
  readonly target: Target;
  readonly written: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  readonly domains = new Set<string>();
  /** Constants that are inputs of the file, by name. */
  readonly apart = new Map<string, Tensor>();
  private readonly shared = new Map<string, string>();
  /** Values that are outputs of one and the same node (MaxPool and its indices) are written as one. */
  private readonly nodesByContent = new Map<string, string[]>();
  private readonly taken: Set<string>;
  private readonly isApart: boolean;
  private counter = 0;

  constructor(target: Target, taken: Set<string>, isApart = false) {
    this.target = target;
    this.taken = taken;
    this.isApart = isApart;
  }

  node(op: string, inputs: readonly string[], attributes: Attributes = {}, domain = ""): string {
    return this.nodes(op, inputs, 1, attributes, domain)[0];
  }

  nodes(op: string, inputs: readonly string[], outputs: number, attributes: Attributes = {}, domain = ""): string[] {
    const key = JSON.stringify([domain, op, inputs, outputs, attributes]);
    const known = this.nodesByContent.get(key);
    if (known) return known;
    const names = Array.from({ length: outputs }, () => this.fresh("v"));
    this.nodesByContent.set(key, names);
    const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
    this.proto(create(NodeProtoSchema, { opType: op, domain, input: [...inputs], output: names, attribute }));
    return names;
  }

  /** Adds a node as it is. */
  proto(node: NodeProto): void {
    if (node.domain !== "") this.domains.add(node.domain);
    this.written.push(node);
  }

  /** A name that no input, output or other node has. */
  fresh(prefix: string): string {
    let name;
    do name = `${prefix}${this.counter++}`;
    while (this.taken.has(name));
    return name;
  }

  constant(value: Tensor): string {
    const small = value.data.length <= 64;
    const key = small ? `${value.dtype}[${value.shape.join()}]${Array.from(value.data, spelling).join()}` : "";
    const known = small ? this.shared.get(key) : undefined;
    if (known !== undefined) return known;
    const name = this.fresh("c");
    if (this.isApart && isLarge(value)) this.apart.set(name, value);
    else this.initializers.push(initializerOf(name, value));
    if (small) this.shared.set(key, name);
    return name;
  }

  /** An initialiser under a name of its own. */
  initializer(name: string, value: Tensor): string {
    this.initializers.push(initializerOf(name, value));
    return name;
  }

  integers(values: readonly number[]): string {
    return this.constant({ dtype: "int64", shape: [values.length], data: Float64Array.from(values) });
  }

  scalar(value: number, like: ValueType): string {
    const data = allocate(like.dtype, 1);
    data[0] = value;
    return this.constant({ dtype: like.dtype, shape: [], data });
  }

  /** Makes a value available under the name of an output. */
  rename(from: string, to: string): void {
    this.proto(create(NodeProtoSchema, { opType: "Identity", input: [from], output: [to] }));
  }
}

/**
 * A constant scalar in the rank of the elementwise operation that takes it, where that ends in an axis of one: ONNX Runtime
 * goes through [n, 1] beside [1, 1] in one piece, and beside [] element by element, which takes eight times as long.
 */
function scalarBeside(input: Value, { operation, shape }: Value): Tensor | undefined {
  const tensor = tensorOf(input);
  if (!operation.elementwise || tensor?.data.length !== 1 || shape.at(-1) !== 1) return undefined;
  return { ...tensor, shape: shape.map(() => 1) };
}

/** String() cannot tell −0 from 0, and 1/x can. */
function spelling(element: number): string {
  return Object.is(element, -0) ? "-0" : String(element);
}

function attributeProto(name: string, value: Attribute): AttributeProto {
  if (typeof value === "string") {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeProto_AttributeType.STRING,
      s: Uint8Array.from(new TextEncoder().encode(value)),
    });
  }
  if (typeof value === "number" || typeof value === "boolean") {
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
  }
  if ("float" in value)
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value.float });
  return create(AttributeProtoSchema, {
    name,
    type: AttributeProto_AttributeType.INTS,
    ints: value.map((each) => BigInt(each)),
  });
}

/** A tensor of a file under a name. */
export function initializerOf(name: string, value: Tensor): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: ELEMENT_TYPES[value.dtype],
    dims: value.shape.map((extent) => BigInt(extent)),
    rawData: rawBytes(value),
  });
}

/** ONNX raw data is little-endian, as is every machine that ONNX Runtime runs on. */
function rawBytes({ dtype, data }: Tensor): Uint8Array<ArrayBuffer> {
  const array = dtype === "int64" ? BigInt64Array.from(data, (element) => BigInt(element)) : data;
  return Uint8Array.from(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
}

/** An input or output of a file under a name. */
export function valueInfo(name: string, { dtype, shape }: Port): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, {
      value: {
        case: "tensorType",
        value: create(TypeProto_TensorSchema, {
          elemType: ELEMENT_TYPES[dtype],
          shape: create(TensorShapeProtoSchema, {
            dim: shape.map((extent) =>
              create(TensorShapeProto_DimensionSchema, {
                value:
                  typeof extent === "number"
                    ? { case: "dimValue", value: BigInt(extent) }
                    : { case: "dimParam", value: extent },
              }),
            ),
          }),
        }),
      },
    }),
  });
}
