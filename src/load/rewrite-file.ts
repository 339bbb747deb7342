import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  type GraphProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType as Type,
  type TensorProto,
  type TypeProto,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { hiddenDraw } from "../onnx/draw.ts";
import type { FloatType, Tensor } from "../util/tensor.ts";

/** What is changed in a file before the runtime runs it. */
export interface Rewriting {
  /** Tensors to put in, by name: initialisers, or what an Identity makes of one that the exporter merged with others. */
  readonly tensors?: ReadonlyMap<string, Tensor>;
  /** What nodes of it draw, by name: inputs from now on, with the element type of other floats. */
  readonly drawn?: { readonly names: readonly string[]; readonly precision: FloatType };
  /** Every float64 becomes a float32: the runtime has few kernels for float64. */
  readonly narrow?: boolean;
}

/** Element types, as plain numbers: that is how the format holds them. */
const FLOAT: number = Type.FLOAT;
const DOUBLE: number = Type.DOUBLE;

/** Attributes whose number is an element type. */
const TYPE_ATTRIBUTES = new Set(["to", "dtype"]);

/**
 * The bytes of an ONNX file with other weights, or written for float32. Undefined where that cannot be
 * done by itself: a tensor that is to be put in is none that the main graph stores, or one that is to be narrowed lies
 * in another file.
 */
export function rewriteFile(bytes: Uint8Array, { tensors, drawn, narrow = false }: Rewriting): Uint8Array | undefined {
  const model = fromBinary(ModelProtoSchema, bytes);
  const { graph } = model;
  if (!graph) return undefined;
  for (const [name, tensor] of tensors ?? []) {
    const proto =
      graph.initializer.find((each) => each.name === name) ?? constantOf(graph, name) ?? givenBack(graph, name);
    if (!proto || !putIn(proto, tensor)) return undefined;
  }
  for (const name of drawn?.names ?? [])
    if (!drawnOutside(graph, name, drawn?.precision === "float64" ? DOUBLE : FLOAT)) return undefined;
  if (!narrow) return toBinary(ModelProtoSchema, model);
  const narrowing = new Narrowing();
  narrowing.graph(graph);
  for (const { node, valueInfo } of model.functions) {
    node.forEach((each) => narrowing.node(each));
    valueInfo.forEach(({ type }) => narrowing.type(type));
  }
  return narrowing.isWhole ? toBinary(ModelProtoSchema, model) : undefined;
}

/** The tensor of a Constant node, by the name of its output. */
function constantOf(graph: GraphProto, name: string): TensorProto | undefined {
  return graph.node
    .find(({ opType, domain, output: [made] }) => opType === "Constant" && domain === "" && made === name)
    ?.attribute.find((each) => each.name === "value")?.t;
}

/** An initialiser of its own for a value that is another initialiser under this name, in the place of its Identity. */
function givenBack(graph: GraphProto, name: string): TensorProto | undefined {
  const at = graph.node.findIndex(
    ({ opType, domain, output: [made] }) => opType === "Identity" && domain === "" && made === name,
  );
  const source = graph.initializer.find((each) => each.name === graph.node[at]?.input[0]);
  if (!source) return undefined;
  const own = { ...source, name };
  graph.initializer.push(own);
  graph.node.splice(at, 1);
  return own;
}

/** Replaces the elements of a float tensor; false where the file holds another type. */
function putIn(proto: TensorProto, { data }: Tensor): boolean {
  if (proto.dataType !== FLOAT && proto.dataType !== DOUBLE) return false;
  const elements = proto.dataType === FLOAT ? Float32Array.from(data) : Float64Array.from(data);
  proto.rawData = new Uint8Array(elements.buffer);
  proto.floatData = [];
  proto.doubleData = [];
  proto.externalData = [];
  proto.dataLocation = TensorProto_DataLocation.DEFAULT;
  return true;
}

/** An input in the place of a node that draws, or of what it draws by; false where the main graph has no such node. */
function drawnOutside(graph: GraphProto, name: string, elements: number): boolean {
  const at = graph.node.findIndex(
    ({ opType, output: [made] }) => made === name || (opType === "Bernoulli" && hiddenDraw(made) === name),
  );
  if (at < 0) return false;
  const node = graph.node[at];
  const [output] = node.output;
  const asked = node.attribute.find((each) => each.name === "dtype");
  const isHidden = output !== name;
  const type = isHidden || asked === undefined ? elements : Number(asked.i);
  const tensorType = create(TypeProto_TensorSchema, { elemType: type });
  graph.input.push(
    create(ValueInfoProtoSchema, {
      name,
      type: create(TypeProtoSchema, { value: { case: "tensorType", value: tensorType } }),
    }),
  );
  const step = `${name}/step`;
  const made = (opType: string, input: string[], to: string, attribute: AttributeProto[] = []) =>
    create(NodeProtoSchema, { opType, input, output: [to], attribute });
  const cast =
    asked === undefined
      ? made("CastLike", [step, node.input[0]], output)
      : made("Cast", [step], output, [{ ...asked, name: "to" }]);
  graph.node.splice(at, 1, ...(isHidden ? [made("Less", [name, node.input[0]], step), cast] : []));
  return true;
}

class Narrowing {
  /** Whether all that is float64 could be narrowed. */
  isWhole = true;

  graph(graph: GraphProto): void {
    for (const tensor of graph.initializer) this.tensor(tensor);
    for (const node of graph.node) this.node(node);
    for (const { type } of [...graph.input, ...graph.output, ...graph.valueInfo]) this.type(type);
  }

  node({ attribute }: NodeProto): void {
    for (const each of attribute) this.attribute(each);
  }

  type(type: TypeProto | undefined): void {
    if (!type) return;
    const { value } = type;
    if (value.case === "tensorType" && value.value.elemType === DOUBLE) value.value.elemType = FLOAT;
    if (value.case === "sequenceType" || value.case === "optionalType") this.type(value.value.elemType);
  }

  private attribute(attribute: AttributeProto): void {
    if (TYPE_ATTRIBUTES.has(attribute.name) && attribute.i === BigInt(DOUBLE)) attribute.i = BigInt(FLOAT);
    for (const tensor of [attribute.t, ...attribute.tensors]) if (tensor) this.tensor(tensor);
    for (const graph of [attribute.g, ...attribute.graphs]) if (graph) this.graph(graph);
  }

  private tensor(proto: TensorProto): void {
    if (proto.dataType !== DOUBLE) return;
    if (proto.dataLocation === TensorProto_DataLocation.EXTERNAL) {
      this.isWhole = false;
      return;
    }
    const elements =
      proto.rawData.length > 0 ? new Float64Array(proto.rawData.slice().buffer) : Float64Array.from(proto.doubleData);
    proto.dataType = FLOAT;
    proto.rawData = new Uint8Array(Float32Array.from(elements).buffer);
    proto.doubleData = [];
  }
}
