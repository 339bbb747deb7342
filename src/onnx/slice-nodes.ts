import { create, fromBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
} from "onnx-buf";
import type { ValueType } from "../graph/value.ts";
import { type EmittedModel, valueInfo } from "./emit-model.ts";
import type { Shape } from "../util/tensor.ts";
import { renamed, withoutCopies } from "./rename-nodes.ts";

/** A graph that is run on one slice of some tensors after the other. */
export interface SliceRun {
  readonly slice: EmittedModel;
  /** Slices along the first axis of each; of a single one, the graph is on the tensors as they are, with their first axis. */
  readonly slices: number;
  /** The tensors whose slices its inputs are, by input; other inputs are what has their name around. */
  readonly sliced: ReadonlyMap<string, string>;
}

/** The shape of an output of all slices. */
export function wholeShape({ shape }: ValueType, slices: number): Shape {
  return slices === 1 ? shape : [slices, ...shape];
}

/**
 * What runs a graph on slice after slice and puts its outputs one above the other, under their names: a node (ONNX Scan), to which
 * the runtime hands slices in and out where they lie, without copies; or the nodes themselves, where there is one slice.
 */
export function sliceNodes(
  { slice, slices, sliced }: SliceRun,
  prefix: string,
): Pick<GraphProto, "node" | "initializer"> {
  const graph = fromBinary(ModelProtoSchema, slice.bytes).graph ?? create(GraphProtoSchema);
  const nodes = withoutCopies(graph, new Set(slice.outputs.keys()));
  const constants = graph.initializer.map(({ name }) => name);
  const results = nodes.flatMap(({ output }) => output);
  if (slices === 1) {
    const own = [...constants, ...results.filter((name) => !slice.outputs.has(name))];
    const names = new Map([...sliced, ...own.map((name) => [name, prefix + name] as const)]);
    return {
      node: nodes.map((node) => renamed(node, names)),
      initializer: graph.initializer.map((each) => ({ ...each, name: prefix + each.name })),
    };
  }
  // A graph within another may give no name a second time.
  const inner = new Map([...sliced.keys(), ...constants, ...results].map((name) => [name, prefix + name]));
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
  const scan = create(NodeProtoSchema, {
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
  return { node: [scan], initializer: [] };
}

function typeOf({ inputs, outputs }: EmittedModel, name: string): ValueType {
  // What it gives may hang on nothing of this input.
  const type = inputs.get(name) ?? outputs.values().next().value;
  if (type === undefined) throw new RangeError("a graph without outputs");
  return type;
}
