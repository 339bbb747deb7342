import { create, fromBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
} from "onnx-buf";
import type { ValueType } from "../graph/value.ts";
import { type EmittedModel, valueInfo } from "./emit-model.ts";
import { renamed, withoutCopies } from "./rename-nodes.ts";

/** A graph that is run on one slice of some tensors after the other. */
export interface SliceRun {
  readonly slice: EmittedModel;
  /** Slices along the first axis of each. */
  readonly slices: number;
  /** The tensors whose slices its inputs are, by input; other inputs are what has their name around. */
  readonly sliced: ReadonlyMap<string, string>;
}

/**
 * A graph as a node that runs it on slice after slice (ONNX Scan) and puts its outputs one above the other, under their names.
 * The runtime hands slices in and out where they lie, without copies.
 */
export function scanNode({ slice, sliced }: SliceRun, prefix: string): NodeProto {
  const graph = fromBinary(ModelProtoSchema, slice.bytes).graph ?? create(GraphProtoSchema);
  const nodes = withoutCopies(graph, new Set(slice.outputs.keys()));
  // A graph within another may give no name a second time.
  const inner = new Map(
    [...sliced.keys(), ...graph.initializer.map(({ name }) => name), ...nodes.flatMap(({ output }) => output)].map(
      (name) => [name, prefix + name],
    ),
  );
  const of = (name: string) => inner.get(name) ?? name;
  const ports = (types: Iterable<readonly [string, ValueType]>) =>
    [...types].map(([name, type]) => valueInfo(of(name), type));
  const body: GraphProto = create(GraphProtoSchema, {
    name: `${prefix}slice`,
    node: nodes.map((node) => renamed(node, inner)),
    initializer: graph.initializer.map((each) => ({ ...each, name: of(each.name) })),
    input: ports([...sliced.keys()].map((name) => [name, typeOf(slice, name)] as const)),
    output: ports(slice.outputs),
  });
  return create(NodeProtoSchema, {
    opType: "Scan",
    input: [...sliced.values()],
    output: [...slice.outputs.keys()],
    attribute: [
      create(AttributeProtoSchema, { name: "body", type: AttributeProto_AttributeType.GRAPH, g: body }),
      create(AttributeProtoSchema, {
        name: "num_scan_inputs",
        type: AttributeProto_AttributeType.INT,
        i: BigInt(sliced.size),
      }),
    ],
  });
}

function typeOf({ inputs, outputs }: EmittedModel, name: string): ValueType {
  // What it gives may hang on nothing of this input.
  const type = inputs.get(name) ?? outputs.values().next().value;
  if (type === undefined) throw new RangeError("a graph without outputs");
  return type;
}
