import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  type NodeProto,
} from "onnx-buf";
import type { ValueType } from "../graph/value.ts";
import { type EmittedModel, initializerOf, type Port, valueInfo } from "./emit-model.ts";
import { renamed, withoutCopies } from "./rename-nodes.ts";
import { sliceNodes, type SliceRun, wholeShape } from "./slice-nodes.ts";
import { tensor } from "../util/tensor.ts";

/** What becomes of the inputs and outputs of a graph that is run many times. Other inputs are the same in every pass. */
export interface LoopPlan {
  /** Most passes of one call. */
  readonly passes: number;
  /** The output that the next pass takes, by the input that it takes it by. */
  readonly carried: ReadonlyMap<string, string>;
  /** Inputs that are rows of a table, one for each example: those that are chosen for the pass. */
  readonly picked: ReadonlySet<string>;
  /** Rows that are chosen for a pass. */
  readonly rows: number;
  /** Scalars of which each pass has its own. */
  readonly numbers: ReadonlySet<string>;
  /** What each pass goes on to do with its inputs and outputs slice by slice. Outputs that are sliced end there. */
  readonly slicewise?: readonly SliceRun[];
}

/** int64 []: the passes of a call. */
export const PASSES = "thalweg:passes";
/** int64 [passes, rows]: the rows that each pass picks. */
export const CHOSEN = "thalweg:chosen";

const PASS = "thalweg:pass";
const BEGINS = "thalweg:begins";
const GOES_ON = "thalweg:goes-on";
const ROWS = "thalweg:rows";
const WITHIN = "in:";
const RESULT = "out:";

/**
 * The graph of one pass as one that is run {@link PASSES} times in one call (ONNX Loop): what a pass gives stays in the engine
 * for the next, and each pass takes its own rows of the tables and its own numbers. The outputs are those of the last pass where they
 * are carried, and else, scalars, those of all passes, [passes].
 *
 * @param step its inputs and outputs keep their names: scalars of which each pass has its own become [most passes], picked inputs
 *   whole tables
 */
export function loopModel(
  step: EmittedModel,
  { passes, carried, picked, rows, numbers, slicewise = [] }: LoopPlan,
): EmittedModel {
  const model = fromBinary(ModelProtoSchema, step.bytes);
  const graph = model.graph ?? create(GraphProtoSchema);
  const ended = new Set(slicewise.flatMap(({ sliced }) => [...sliced.values()]));
  const results = new Map<string, ValueType>([
    ...[...step.outputs].filter(([name]) => !ended.has(name)),
    ...slicewise.flatMap(({ slice, slices }) =>
      [...slice.outputs].map(([name, type]) => [name, { ...type, shape: wholeShape(type, slices) }] as const),
    ),
  ]);
  // What a pass gives may hang on nothing of its own: it is fed all the same.
  const stepInputs = new Map<string, ValueType>([
    ...step.inputs,
    ...slicewise.flatMap(({ slice, sliced }) => [...slice.inputs].filter(([name]) => !sliced.has(name))),
    ...[...carried].map(([name, output]) => [name, typeOf(results, output)] as const),
  ]);
  const inner = new Map<string, string>();
  const begin: NodeProto[] = [];
  if (picked.size > 0) begin.push(row(CHOSEN, PASS, ROWS));
  for (const name of stepInputs.keys()) {
    if (!carried.has(name) && !picked.has(name) && !numbers.has(name)) continue;
    inner.set(name, WITHIN + name);
    if (picked.has(name)) begin.push(row(name, ROWS, WITHIN + name));
    if (numbers.has(name)) begin.push(row(name, PASS, WITHIN + name));
  }
  for (const name of [...step.outputs.keys(), ...results.keys()]) inner.set(name, RESULT + name);
  const names = [...carried.values(), ...[...results.keys()].filter((name) => ![...carried.values()].includes(name))];
  const stacked = names.slice(carried.size);
  const behind = slicewise.map((each, i) => sliceNodes(each, `slice:${i}:`));
  const nodes = [...withoutCopies(graph, new Set(step.outputs.keys())), ...behind.flatMap(({ node }) => node)];
  const body = create(GraphProtoSchema, {
    name: "pass",
    node: [
      ...begin,
      ...nodes.map((node) => renamed(node, inner)),
      create(NodeProtoSchema, { opType: "Identity", input: [GOES_ON], output: [RESULT + GOES_ON] }),
    ],
    initializer: [...graph.initializer, ...behind.flatMap(({ initializer }) => initializer)],
    input: [
      valueInfo(PASS, COUNTER),
      valueInfo(GOES_ON, FLAG),
      ...[...carried.keys()].map((name) => valueInfo(WITHIN + name, typeOf(stepInputs, name))),
    ],
    output: [
      valueInfo(RESULT + GOES_ON, FLAG),
      ...names.map((name) => valueInfo(RESULT + name, typeOf(results, name))),
    ],
  });
  const inputs = new Map<string, ValueType>([[PASSES, COUNTER]]);
  if (picked.size > 0) inputs.set(CHOSEN, { dtype: "int64", shape: [passes, rows] });
  const ports: [string, Port][] = [...inputs];
  for (const [name, type] of stepInputs) {
    const shape = numbers.has(name) ? [passes] : type.shape;
    inputs.set(name, { ...type, shape });
    ports.push([
      name,
      picked.has(name) ? { ...type, shape: ["examples", ...type.shape.slice(1)] } : { ...type, shape },
    ]);
  }
  for (const constant of step.constants ?? []) ports.push(constant);
  const outputs = new Map(
    names.map((name, i) => {
      const type = typeOf(results, name);
      return [name, i < carried.size ? type : { ...type, shape: [passes] }] as const;
    }),
  );
  model.graph = create(GraphProtoSchema, {
    name: "passes",
    initializer: [initializerOf(BEGINS, tensor("bool", [], Uint8Array.of(1)))],
    node: [
      create(NodeProtoSchema, {
        opType: "Loop",
        input: [PASSES, BEGINS, ...carried.keys()],
        output: names,
        attribute: [create(AttributeProtoSchema, { name: "body", type: AttributeProto_AttributeType.GRAPH, g: body })],
      }),
    ],
    input: ports.map(([name, port]) => valueInfo(name, port)),
    output: names.map((name) =>
      valueInfo(name, stacked.includes(name) ? { ...typeOf(outputs, name), shape: ["done"] } : typeOf(outputs, name)),
    ),
  });
  return {
    bytes: toBinary(ModelProtoSchema, model),
    inputs,
    constants: step.constants,
    outputs,
    nodes: body.node.length + 1,
  };
}

const COUNTER = { dtype: "int64", shape: [] } as const;
const FLAG = { dtype: "bool", shape: [] } as const;

function typeOf(types: ReadonlyMap<string, ValueType>, name: string): ValueType {
  const type = types.get(name);
  if (type === undefined) throw new RangeError(`the graph has no ${name}`);
  return type;
}

/** The rows of a table; that of a single index is without the axis. */
function row(table: string, index: string, output: string): NodeProto {
  return create(NodeProtoSchema, { opType: "Gather", input: [table, index], output: [output] });
}
