import type { TensorProto } from "onnx-buf";
import { describe, expect, test } from "vitest";
import {
  float,
  graphProto,
  modelBytes,
  tensorProto,
  valueInfo,
  type ModelSpec,
  type NodeSpec,
} from "../../test/support/onnx-model.ts";
import { gradient } from "../autodiff/products.ts";
import { Graph } from "../graph/graph.ts";
import { tensorOf } from "../graph/leaf.ts";
import { printGraph } from "../graph/print-graph.ts";
import { sumAll } from "../ops/structure.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { decodeModel } from "./decode-model.ts";
import { emitModel } from "./emit-model.ts";
import { importGraph } from "./import-graph.ts";
import type { ImportOptions } from "./import-options.ts";

const X = valueInfo("x", "float", ["batch", 4]);
const Y = valueInfo("y", "float", []);
const distinct = (count: number) => Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 3)) * 1.7);
const W = tensorProto("w", "float", [4, 4], distinct(16));

function read(spec: Partial<ModelSpec> & { nodes: readonly NodeSpec[] }, options: Partial<ImportOptions> = {}) {
  const model = decodeModel(modelBytes({ opset: 17, inputs: [X], outputs: [Y], ...spec }), { file: "m.onnx" });
  return importGraph(model, new Graph(), { precision: "float64", batch: 3, ...options });
}

function errorOf(action: () => unknown): ThalwegError {
  try {
    action();
  } catch (error) {
    if (error instanceof ThalwegError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("sizes", () => {
  test("shape arithmetic folds away", () => {
    const imported = read({
      nodes: [
        { op: "Shape", inputs: ["x"], outputs: ["s"] },
        { op: "Gather", inputs: ["s", "zero"], outputs: ["n"] },
        { op: "Unsqueeze", inputs: ["n", "axis"], outputs: ["row"] },
        { op: "Concat", inputs: ["row", "two", "two"], outputs: ["shape"], attributes: { axis: 0 } },
        { op: "Reshape", inputs: ["x", "shape"], outputs: ["y"] },
      ],
      initializers: [
        tensorProto("zero", "int64", [], [0]),
        tensorProto("axis", "int64", [1], [0]),
        tensorProto("two", "int64", [1], [2]),
      ],
    });
    expect(printGraph([...imported.outputs.values()])).toMatchInlineSnapshot(`
      "%0 = Input() {name: "x"} : float64[3, 4]
      %1 = Reshape(%0) : float64[3, 2, 2]
      return %1"
    `);
  });

  test("a file with a fixed batch says so", () => {
    const shape = tensorProto("shape", "int64", [2], [2, 8]);
    const spec = {
      inputs: [valueInfo("x", "float", [4, 4])],
      nodes: [{ op: "Reshape", inputs: ["x", "shape"], outputs: ["y"] }],
      initializers: [shape],
    };
    expect(read(spec, { batch: 4 }).outputs.get("y")?.shape).toEqual([2, 8]);
    expect(errorOf(() => read(spec, { batch: 3 }))).toMatchObject({ code: "fixed-batch" });
  });

  test("a fixed batch that reshapes would mix silently is refused", () => {
    // [8, 4] → [4, −1]: two examples to a row.
    const spec = {
      inputs: [valueInfo("x", "float", [4, 4])],
      outputs: [valueInfo("y", "float", [4, 4])],
      nodes: [{ op: "Reshape", inputs: ["x", "shape"], outputs: ["y"] }],
      initializers: [tensorProto("shape", "int64", [2], [4, -1])],
    };
    expect(errorOf(() => read(spec, { batch: 8 }))).toMatchObject({ code: "fixed-batch" });
  });

  test("open axes take the size of the data, or are asked for", () => {
    const spec = {
      inputs: [valueInfo("x", "float", ["batch", "steps"])],
      nodes: [{ op: "Neg", inputs: ["x"], outputs: ["y"] }],
    };
    expect(read(spec, { inputShapes: { x: [100, 7] } }).outputs.get("y")?.shape).toEqual([3, 7]);
    expect(read(spec, { dimensions: { steps: 5 } }).outputs.get("y")?.shape).toEqual([3, 5]);
    expect(errorOf(() => read(spec))).toMatchObject({ code: "open-dimensions" });
    expect(errorOf(() => read({ nodes: spec.nodes }, { inputShapes: { x: [3, 5] } }))).toMatchObject({
      code: "shape-mismatch",
    });
  });

  test("absurd sizes are refused before they are made", () => {
    const shape = tensorProto("shape", "int64", [2], [1_000_000, 1_000_000]);
    const filled = (value: ReturnType<typeof tensorProto>): { nodes: NodeSpec[]; initializers: TensorProto[] } => ({
      nodes: [
        { op: "ConstantOfShape", inputs: ["shape"], outputs: ["c"], attributes: { value } },
        { op: "Cast", inputs: ["c"], outputs: ["y"], attributes: { to: 1 } },
      ],
      initializers: [shape],
    });
    expect(errorOf(() => read(filled(tensorProto("", "int64", [1], [1]))))).toMatchObject({ code: "too-large" });
    const range = {
      nodes: [{ op: "Range", inputs: ["a", "b", "c"], outputs: ["y"] }],
      initializers: [
        tensorProto("a", "int64", [], [0]),
        tensorProto("b", "int64", [], [1e12]),
        tensorProto("c", "int64", [], [1]),
      ],
    };
    expect(errorOf(() => read(range))).toMatchObject({ code: "too-large" });
    const doubling: NodeSpec[] = Array.from({ length: 40 }, (_, i) => ({
      op: "Concat",
      inputs: [`c${i}`, `c${i}`],
      outputs: [`c${i + 1}`],
      attributes: { axis: 0 },
    }));
    const concat = {
      nodes: [...doubling, { op: "Cast", inputs: ["c40"], outputs: ["y"], attributes: { to: 1 } }],
      initializers: [tensorProto("c0", "int64", [4], [1, 2, 3, 4])],
    };
    expect(errorOf(() => read(concat))).toMatchObject({ code: "too-large" });
  });
});

const identity = (name: string) => ({ op: "Identity", inputs: [name], outputs: ["y"] });

describe("what cannot be imported", () => {
  test("one error lists every node once, with what can be done", () => {
    const nodes = [
      { op: "ImageDecoder", inputs: ["x"], outputs: ["a"], name: "first" },
      { op: "Wobble", inputs: ["x"], outputs: ["b"], domain: "acme", name: "second" },
      { op: "Add", inputs: ["a", "b"], outputs: ["y"] },
    ];
    const error = errorOf(() => read({ nodes }));
    expect(error.code).toBe("unsupported-operator");
    expect(error.message).toContain("2 nodes");
    expect(error.message).toContain("ImageDecoder first (ai.onnx 17)");
    expect(error.message).toContain("Wobble second (acme 1)");
    expect(error.message).not.toContain("Add");
    expect(error.hint).toContain("--freeze");
  });

  test.each([
    {
      what: "quantised weights, which are int64 in the graph",
      nodes: [
        { op: "Unpack", inputs: ["q", "s", "z"], outputs: ["k"], domain: "acme", name: "n" },
        { op: "MatMul", inputs: ["x", "k"], outputs: ["y"] },
      ],
      reason: "cannot be frozen: it reads q as uint8",
      hint: "Export the model before it is quantised.",
    },
    {
      what: "an output of unknown shape",
      nodes: [{ op: "Wobble", inputs: ["x"], outputs: ["h"], domain: "acme", name: "n" }, identity("h")],
      reason: "the file does not declare the shape of its output h",
      hint: "onnx.shape_inference.infer_shapes",
    },
    {
      what: "no inputs",
      nodes: [{ op: "Wobble", inputs: [], outputs: ["h"], domain: "acme", name: "n" }, identity("h")],
      reason: "cannot be frozen: it has no inputs",
      hint: "Export the model without it.",
    },
  ])("the advice leads somewhere: $what", ({ nodes, reason, hint }) => {
    const bytes = modelBytes({
      opset: 17,
      inputs: [X],
      outputs: [Y],
      nodes,
      initializers: [
        W,
        tensorProto("q", "uint8", [3, 4], new Array<number>(12).fill(1)),
        tensorProto("s", "float", [], [0.1]),
        tensorProto("z", "uint8", [], [0]),
      ],
    });
    const attempt = (freeze?: string[]) =>
      errorOf(() =>
        importGraph(decodeModel(bytes, { file: "m.onnx" }), new Graph(), { precision: "float32", batch: 3, freeze }),
      );
    // What is advised at first is what remains to be done where the node is frozen.
    expect(attempt().message).toContain("is not read");
    expect(attempt(["n"]).message).toContain(reason);
    for (const error of [attempt(), attempt(["n"])]) {
      expect(error.hint).toContain(hint);
      expect(error.hint).not.toMatch(/^Freeze the node/);
    }
  });

  test("an output that depends on it is left out where another remains", () => {
    const imported = read({
      nodes: [
        { op: "Softmax", inputs: ["x"], outputs: ["p"] },
        { op: "ZipMap", inputs: ["p"], outputs: ["table"], domain: "ai.onnx.ml" },
        { op: "ArrayFeatureExtractor", inputs: ["p", "i"], outputs: ["label"], domain: "ai.onnx.ml" },
      ],
      outputs: [valueInfo("label", "int64", []), valueInfo("table", "float", [])],
      initializers: [tensorProto("i", "int64", [1], [0])],
    });
    expect([...imported.outputs.keys()]).toEqual(["table"]);
    expect(imported.notices.map(({ code }) => code)).toEqual(["output-left-out"]);
  });

  test("a frozen node without a rule goes to the runtime as it is", () => {
    const nodes = [
      { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] },
      { op: "Wobble", inputs: ["h"], outputs: ["c"], domain: "acme", name: "wobble", attributes: { speed: float(2) } },
      { op: "Mul", inputs: ["h", "c"], outputs: ["y"] },
    ];
    const bytes = modelBytes({
      opset: 17,
      inputs: [X],
      outputs: [Y, valueInfo("c", "float", ["batch", 4])],
      nodes,
      initializers: [W],
    });
    const model = decodeModel(bytes, { file: "m.onnx" });
    const imported = importGraph(model, new Graph(), { precision: "float32", batch: 3, freeze: ["wobble"] });
    const y = imported.outputs.get("y");
    const w = imported.parameters.get("w");
    if (!y || !w) return expect.unreachable();
    expect(imported.nodes.find(({ op }) => op === "Wobble")?.differentiable).toBe(false);
    expect(imported.caveats.join()).toContain("held constant");
    // dy/dw passes through h of the product, not through the frozen factor.
    const text = printGraph(gradient(sumAll(y), [w]));
    expect(text.match(/= Wobble/g)).toHaveLength(1);
    const emitted = emitModel(new Map([["y", y]]), { precision: "float32", portable: true });
    expect(emitted.nodes).toBeGreaterThan(2);
  });
});

describe("nested graphs", () => {
  const branch = (op: string) =>
    graphProto({
      nodes: [{ op, inputs: ["x"], outputs: [`${op} of x`] }],
      inputs: [],
      outputs: [valueInfo(`${op} of x`, "float", [])],
    });

  test("If with a known condition is its branch; one that depends on the data is refused", () => {
    const attributes = { then_branch: branch("Exp"), else_branch: branch("Neg") };
    const known = read({
      nodes: [{ op: "If", inputs: ["c"], outputs: ["y"], attributes }],
      initializers: [tensorProto("c", "bool", [], [0])],
    });
    expect(known.outputs.get("y")?.operation.name).toBe("Neg");
    const nodes: NodeSpec[] = [
      { op: "ReduceSum", inputs: ["x"], outputs: ["s"], attributes: { keepdims: 0 } },
      { op: "Cast", inputs: ["s"], outputs: ["c"], attributes: { to: 9 } },
      { op: "If", inputs: ["c"], outputs: ["y"], attributes },
    ];
    expect(errorOf(() => read({ nodes })).message).toContain("computes its condition from the data");
  });

  test("Loop with a known number of iterations is unrolled; endless ones are refused", () => {
    const body = graphProto({
      nodes: [
        { op: "Identity", inputs: ["go in"], outputs: ["go"] },
        { op: "Add", inputs: ["state", "x"], outputs: ["next"] },
      ],
      inputs: [valueInfo("trip", "int64", []), valueInfo("go in", "bool", []), valueInfo("state", "float", [])],
      outputs: [valueInfo("go", "bool", []), valueInfo("next", "float", [])],
    });
    const loop = (trips: number) => ({
      nodes: [{ op: "Loop", inputs: ["n", "", "x"], outputs: ["y"], attributes: { body } }],
      initializers: [tensorProto("n", "int64", [], [trips])],
    });
    expect(printGraph([...read(loop(3)).outputs.values()]).match(/= Add/g)).toHaveLength(3);
    expect(errorOf(() => read(loop(1e12))).message).toContain("1024 iterations");
  });
});

describe("constants", () => {
  test("float32 scalars and attributes are restored in float64, weights are not", () => {
    const imported = read({
      nodes: [
        { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] },
        { op: "Mul", inputs: ["h", "scale"], outputs: ["y"] },
      ],
      initializers: [W, tensorProto("scale", "float", [], [Math.fround(1 / Math.sqrt(48))])],
    });
    const factor = imported.outputs.get("y")?.inputs.flatMap((value) => tensorOf(value)?.data[0] ?? []);
    expect(factor).toEqual([1 / Math.sqrt(48)]);
    expect(imported.notices.map(({ code }) => code)).toEqual(["restored-constants"]);
  });

  test("chosen tensors become parameters, others constants", () => {
    const nodes = [
      { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] },
      { op: "Mul", inputs: ["h", "scale"], outputs: ["y"] },
    ];
    const imported = read(
      { nodes, initializers: [W, tensorProto("scale", "float", [], [0.3])] },
      { parameters: ["scale"] },
    );
    expect([...imported.parameters.keys()]).toEqual(["scale"]);
    expect(imported.nodes.map(({ parameters }) => parameters)).toEqual([[], ["scale"]]);
    expect(
      errorOf(() =>
        read({ nodes, initializers: [W, tensorProto("scale", "float", [], [0.3])] }, { parameters: ["nothing"] }),
      ).code,
    ).toBe("unknown-parameter");
  });
});

describe("where operators have no derivative", () => {
  const behind = (nodes: readonly NodeSpec[], more: Partial<ModelSpec> = {}) =>
    read({
      initializers: [W, tensorProto("c", "float", [1], [0.3])],
      nodes: [{ op: "MatMul", inputs: ["x", "w"], outputs: ["h"] }, ...nodes],
      ...more,
    }).caveats;
  const one = (op: string, attributes = {}, inputs = ["h"]) => behind([{ op, inputs, outputs: ["y"], attributes }]);

  test.each([
    ["LeakyRelu", {}, /^LeakyRelu has no derivative at 0 \(taken as α\)/],
    ["Elu", {}, /^The second derivative of Elu jumps at 0/],
    ["Elu", { alpha: float(0.5) }, /^Elu has no derivative at 0 \(taken as α\)/],
    ["Selu", {}, /^Selu has no derivative at 0 \(taken as αγ\)/],
    ["Celu", {}, /^The second derivative of Celu jumps/],
    ["HardSigmoid", {}, /^HardSigmoid has no derivative at its limits/],
    ["HardSwish", {}, /^HardSwish has no derivative at −3 and 3/],
    ["ThresholdedRelu", {}, /^ThresholdedRelu jumps at its threshold/],
    ["Shrink", {}, /^Shrink jumps/],
  ])("%s %o says so", (op, attributes, said) => {
    expect(one(op, attributes)).toEqual([expect.stringMatching(said)]);
  });

  test("limits, ties and choices say so where parameters move them, and only there", () => {
    expect(one("Clip", {}, ["h", "c"])).toEqual([expect.stringMatching(/^Clip has no derivative at its limits/)]);
    expect(one("Max", {}, ["h", "c"])).toEqual([
      expect.stringMatching(/^Max has no derivative where its operands tie/),
    ]);
    expect(one("Clip")).toEqual([]);
    expect(one("Max")).toEqual([]);
    expect(one("LeakyRelu", { alpha: float(1) })).toEqual([]);
    const chosen = (by: string) =>
      behind([
        { op: "Greater", inputs: [by, "c"], outputs: ["above"] },
        { op: "Where", inputs: ["above", "h", "c"], outputs: ["y"] },
      ]);
    expect(chosen("h")).toEqual([expect.stringMatching(/^Where chooses by numbers that move/)]);
    expect(chosen("x")).toEqual([]);
  });

  test("what no output reads, or what does not move, is not spoken of", () => {
    const aside: NodeSpec[] = [
      { op: "LeakyRelu", inputs: ["x"], outputs: ["kept"] },
      { op: "Add", inputs: ["h", "kept"], outputs: ["y"] },
    ];
    expect(behind(aside)).toEqual([]);
  });

  test("a norm that is kept from 0 is meant to be far from its bound", () => {
    const norm: NodeSpec[] = [
      { op: "ReduceL2", inputs: ["h"], outputs: ["n"], attributes: { axes: [1] } },
      { op: "Clip", inputs: ["n", "c"], outputs: ["y"] },
    ];
    expect(behind(norm).filter((text) => text.startsWith("Clip"))).toEqual([]);
  });
});
