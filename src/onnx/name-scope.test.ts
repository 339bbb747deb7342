import { create } from "@bufbuild/protobuf";
import { FunctionProtoSchema, OperatorSetIdProtoSchema, type GraphProto } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { againstRuntime, firstDifference, type Fed } from "../../test/support/against-runtime.ts";
import {
  graphProto,
  modelBytes,
  nodeProto,
  tensorProto,
  valueInfo,
  type ModelSpec,
  type NodeSpec,
} from "../../test/support/onnx-model.ts";
import { decodeModel } from "./decode-model.ts";

/* Files whose inner graphs use names over again; the oracle is ONNX Runtime running each file as it is. */

const x: Fed = { elements: "float", shape: [2, 3], values: [1, -2, 3, 0.5, 4, -1] };
const out = (name: string) => valueInfo(name, "float", [2, 3]);
const scalar = (name: string, value: number) => tensorProto(name, "float", [], [value]);
const truth = tensorProto("true", "bool", [], [1]);
const lie = tensorProto("false", "bool", [], [0]);

/** y = op(outer, c) with c in a Constant node or an initialiser called "c". */
function branch(op: string, value: number, kept: "constant" | "initializer", outer = "x"): GraphProto {
  const constant: NodeSpec = { op: "Constant", inputs: [], outputs: ["c"], attributes: { value: scalar("c", value) } };
  const nodes: NodeSpec[] = [{ op, inputs: [outer, "c"], outputs: ["y"] }];
  return graphProto({
    nodes: kept === "constant" ? [constant, ...nodes] : nodes,
    inputs: [],
    outputs: [out("y")],
    initializers: kept === "initializer" ? [scalar("c", value)] : [],
  });
}

function conditional(output: string, condition: "true" | "false", a: GraphProto, b: GraphProto): NodeSpec {
  return {
    op: "If",
    name: output,
    inputs: [condition],
    outputs: [output],
    attributes: { then_branch: a, else_branch: b },
  };
}

/** Three rounds of state = op(state, c), with every state collected. */
function loop(input: string, output: string, op: string, value: number, kept: "constant" | "initializer"): NodeSpec {
  const body = graphProto({
    nodes: [
      ...(kept === "constant"
        ? [{ op: "Constant", inputs: [], outputs: ["c"], attributes: { value: scalar("c", value) } }]
        : []),
      { op, inputs: ["state", "c"], outputs: ["next"] },
      { op: "Identity", inputs: ["go"], outputs: ["again"] },
      { op: "Identity", inputs: ["next"], outputs: ["seen"] },
    ],
    inputs: [valueInfo("i", "int64", []), valueInfo("go", "bool", []), out("state")],
    outputs: [valueInfo("again", "bool", []), out("next"), out("seen")],
    initializers: kept === "initializer" ? [scalar("c", value)] : [],
  });
  return {
    op: "Loop",
    name: output,
    inputs: ["three", "true", input],
    outputs: [output, `${output} all`],
    attributes: { body },
  };
}

const three = tensorProto("three", "int64", [], [3]);

async function agrees(spec: Omit<ModelSpec, "opset" | "inputs">): Promise<void> {
  const bytes = modelBytes({ opset: 17, inputs: [valueInfo("x", "float", [2, 3])], ...spec });
  const outcome = await againstRuntime(bytes, new Map([["x", x]]));
  if (outcome.kind !== "compared") throw new Error(JSON.stringify(outcome));
  expect(firstDifference(outcome.ours, outcome.theirs, 1e-6)).toBeUndefined();
}

describe("names of inner graphs are their own", () => {
  for (const kept of ["constant", "initializer"] as const) {
    test(`two If nodes whose branches all define c (${kept})`, () =>
      agrees({
        nodes: [
          conditional("first", "true", branch("Mul", 2, kept), branch("Mul", 5, kept)),
          conditional("second", "false", branch("Add", 7, kept, "first"), branch("Add", 3, kept, "first")),
        ],
        outputs: [out("second")],
        initializers: [truth, lie],
      }));

    test(`two Loops whose bodies both define c, state and next (${kept})`, () =>
      agrees({
        nodes: [loop("x", "a", "Mul", 2, kept), loop("a", "b", "Add", 0.5, kept)],
        outputs: [out("b"), valueInfo("b all", "float", [3, 2, 3]), valueInfo("a all", "float", [3, 2, 3])],
        initializers: [truth, three],
      }));

    test(`a branch inside a branch that defines c again (${kept})`, () => {
      const inner = conditional("inner", "true", branch("Mul", 3, kept), branch("Mul", 4, kept));
      const outer = graphProto({
        nodes: [
          { op: "Constant", inputs: [], outputs: ["c2"], attributes: { value: scalar("c2", 10) } },
          inner,
          { op: "Add", inputs: ["inner", "c2"], outputs: ["y"] },
        ],
        inputs: [],
        outputs: [out("y")],
      });
      return agrees({
        nodes: [conditional("z", "true", outer, branch("Sub", 1, kept))],
        outputs: [out("z")],
        initializers: [truth],
      });
    });
  }

  test("branches read outer values beside inner names that others have too", () =>
    agrees({
      nodes: [
        { op: "Relu", inputs: ["x"], outputs: ["outer"] },
        conditional(
          "first",
          "true",
          branch("Mul", 2, "constant", "outer"),
          graphProto({
            nodes: [{ op: "Identity", inputs: ["outer"], outputs: ["y"] }],
            inputs: [],
            outputs: [out("y")],
          }),
        ),
        conditional(
          "second",
          "false",
          branch("Mul", 3, "constant", "first"),
          graphProto({
            nodes: [{ op: "Identity", inputs: ["outer"], outputs: ["y"] }],
            inputs: [],
            outputs: [out("y")],
          }),
        ),
        { op: "Add", inputs: ["first", "second"], outputs: ["sum"] },
      ],
      outputs: [out("sum")],
      initializers: [truth, lie],
    }));

  test("an inner name that shadows one of the main graph stays inside", () => {
    const bytes = modelBytes({
      opset: 17,
      inputs: [valueInfo("x", "float", [2, 3])],
      nodes: [
        { op: "Mul", inputs: ["x", "c"], outputs: ["y"] },
        conditional("z", "true", branch("Mul", 100, "initializer", "y2"), branch("Mul", 5, "initializer", "y2")),
        { op: "Identity", inputs: ["y"], outputs: ["y2"] },
        { op: "Add", inputs: ["z", "c"], outputs: ["sum"] },
      ],
      outputs: [out("sum")],
      initializers: [truth, scalar("c", 2)],
    });
    const model = decodeModel(bytes, { file: "shadow.onnx" });
    expect([...model.tensors].map(([name, { tensor }]) => [name, tensor?.data[0]])).toEqual([
      ["true", 1],
      ["c", 2],
      ["z/then_branch/c", 100],
      ["z/else_branch/c", 5],
    ]);
  });
});

describe("bodies of functions", () => {
  const scale = (value: number) =>
    create(FunctionProtoSchema, {
      domain: "own",
      name: `Scale${value}`,
      input: ["a"],
      output: ["b"],
      opsetImport: [create(OperatorSetIdProtoSchema, { domain: "", version: 17n })],
      node: [
        nodeProto({ op: "Constant", inputs: [], outputs: ["c"], attributes: { value: scalar("c", value) } }),
        nodeProto({ op: "Mul", inputs: ["a", "c"], outputs: ["b"] }),
      ],
    });

  test("a main graph that has the names of a body", () =>
    agrees({
      nodes: [
        { op: "Scale2", domain: "own", name: "call", inputs: ["x"], outputs: ["c"] },
        { op: "Scale5", domain: "own", name: "call2", inputs: ["c"], outputs: ["b"] },
        { op: "Add", inputs: ["b", "c"], outputs: ["call/c"] },
      ],
      outputs: [out("call/c")],
      functions: [scale(2), scale(5)],
    }));

  test("a body does not see the values of the graph that calls it", () => {
    const leaky = create(FunctionProtoSchema, {
      domain: "own",
      name: "Leaky",
      input: ["a"],
      output: ["b"],
      opsetImport: [create(OperatorSetIdProtoSchema, { domain: "", version: 17n })],
      node: [nodeProto({ op: "Mul", inputs: ["a", "x"], outputs: ["b"] })],
    });
    const bytes = modelBytes({
      opset: 17,
      inputs: [valueInfo("x", "float", [2, 3])],
      nodes: [{ op: "Leaky", domain: "own", inputs: ["x"], outputs: ["y"] }],
      outputs: [out("y")],
      functions: [leaky],
    });
    expect(() => decodeModel(bytes, { file: "leaky.onnx" })).toThrow("reads the value");
  });
});
