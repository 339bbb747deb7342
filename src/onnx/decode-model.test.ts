import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as Kind,
  AttributeProtoSchema,
  FunctionProtoSchema,
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataType as Type,
  TensorProtoSchema,
} from "onnx-buf";
import { describe, expect, test } from "vitest";
import {
  modelBytes,
  nodeProto,
  tensorProto,
  valueInfo,
  type ModelSpec,
  type NodeSpec,
} from "../../test/support/onnx-model.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { decodeModel, type ModelFile } from "./decode-model.ts";
import { safeLocation } from "./safe-location.ts";

const X = valueInfo("x", "float", ["batch", 4]);
const Y = valueInfo("y", "float", ["batch", 4]);

function decode(spec: Partial<ModelSpec> & { nodes: readonly NodeSpec[] }): ModelFile {
  return decodeModel(modelBytes({ opset: 17, inputs: [X], outputs: [Y], ...spec }), { file: "m.onnx" });
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ThalwegError) return error.code;
    throw error;
  }
  return "none";
}

/** Distinct numbers that are no table, mask or constant. */
const distinct = (count: number, seed = 1) =>
  Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 3) * seed) * 1.7);

const matrix = (name: string, seed = 1) => tensorProto(name, "float", [4, 4], distinct(16, seed));
const vector = (name: string, values = distinct(4)) => tensorProto(name, "float", [4], values);
const roleOf = (model: ModelFile, name: string) =>
  [...model.parameters.map((each) => ({ ...each, role: "parameter" })), ...model.statistics, ...model.constants].find(
    (each) => each.name === name,
  );

describe("files", () => {
  test("bytes that are no model", () => {
    expect(codeOf(() => decodeModel(new Uint8Array(), { file: "m" }))).toBe("not-onnx");
    expect(codeOf(() => decodeModel(Uint8Array.of(0xff, 0xff, 0xff), { file: "m" }))).toBe("not-onnx");
  });

  test("names that are undefined, defined twice, or form a cycle", () => {
    const add = (inputs: string[], output: string): NodeSpec => ({ op: "Add", inputs, outputs: [output] });
    expect(codeOf(() => decode({ nodes: [add(["x", "z"], "y")] }))).toBe("undefined-value");
    expect(codeOf(() => decode({ nodes: [add(["x", "x"], "y"), add(["x", "x"], "y")] }))).toBe("duplicate-name");
    expect(codeOf(() => decode({ nodes: [add(["x", "b"], "a"), add(["x", "a"], "b"), add(["a", "b"], "y")] }))).toBe(
      "cyclic-graph",
    );
  });

  test("nodes out of order are sorted", () => {
    const model = decode({
      nodes: [
        { op: "Exp", inputs: ["h"], outputs: ["y"] },
        { op: "Neg", inputs: ["x"], outputs: ["h"] },
      ],
    });
    expect(model.graph.nodes.map(({ op }) => op)).toEqual(["Neg", "Exp"]);
  });

  test("absurd dimensions cost nothing", () => {
    const tensor = create(TensorProtoSchema, {
      name: "w",
      dataType: Type.FLOAT,
      dims: [1n << 40n, 1n << 40n],
      rawData: new Uint8Array(8),
    });
    const nodes = [{ op: "MatMul", inputs: ["x", "w"], outputs: ["y"] }];
    expect(codeOf(() => decode({ nodes, initializers: [tensor] }))).toBe("bad-dimensions");
    tensor.dims = [1n << 20n];
    expect(codeOf(() => decode({ nodes, initializers: [tensor] }))).toBe("tensor-size");
    tensor.dims = [-1n];
    expect(codeOf(() => decode({ nodes, initializers: [tensor] }))).toBe("bad-dimensions");
  });

  test("weights that are not numbers are named", () => {
    const w = tensorProto("layer.weight", "float", [4, 4], [...distinct(15), NaN]);
    try {
      decode({ nodes: [{ op: "MatMul", inputs: ["x", "layer.weight"], outputs: ["y"] }], initializers: [w] });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "not-finite", where: { parameter: "layer.weight" } });
    }
  });

  test("typed fields, float16 and bfloat16", () => {
    const bits = (name: string, dataType: Type, int32Data: number[]) =>
      create(TensorProtoSchema, { name, dataType, dims: [1n, 4n], int32Data });
    const model = decode({
      nodes: [
        { op: "Gemm", inputs: ["x", "h"], outputs: ["a"], attributes: { transB: 1 } },
        { op: "Gemm", inputs: ["x", "b"], outputs: ["c"], attributes: { transB: 1 } },
        { op: "Add", inputs: ["a", "c"], outputs: ["y"] },
      ],
      initializers: [
        bits("h", Type.FLOAT16, [0x3c00, 0xc000, 0x3555, 1]),
        bits("b", Type.BFLOAT16, [0x3f80, 0xc000, 0x3eab, 0x3f00]),
      ],
    });
    expect(Array.from(model.parameters[0].data)).toEqual([1, -2, 0.333251953125, 2 ** -24]);
    expect(Array.from(model.parameters[1].data)).toEqual([1, -2, 0.333984375, 0.5]);
    expect(model.notices.map(({ code }) => code)).toContain("promoted-weights");
  });

  test("casts to narrower floats are said: they are not done", () => {
    const casts = (...to: number[]) =>
      decode({
        opset: 17,
        inputs: [valueInfo("x", "float", ["N", 2])],
        outputs: [valueInfo("y", "float", ["N", 2])],
        initializers: [tensorProto("w", "float", [2], [1, 2])],
        nodes: [
          { op: "Mul", inputs: ["x", "w"], outputs: ["v0"] },
          ...to.map((each, i) => ({
            op: "Cast",
            inputs: [`v${i}`],
            outputs: [i === to.length - 1 ? "y" : `v${i + 1}`],
            attributes: { to: each },
          })),
        ],
      }).notices.filter(({ code }) => code === "promoted-casts");
    expect(casts(Type.FLOAT16, Type.BFLOAT16, Type.FLOAT)).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/2 nodes cast to float16 and bfloat16, which is not done/),
      }),
    ]);
    expect(casts(Type.FLOAT)).toEqual([]);
  });

  test("external data stays in the model's folder", () => {
    expect(safeLocation("./a/b.data")).toBe("a/b.data");
    for (const bad of ["", ".", "/etc/passwd", "../x", "a/../../x", "C:\\x", "\\\\host\\x", "a\0b"]) {
      expect(codeOf(() => safeLocation(bad))).toBe("unsafe-location");
    }
  });
});

describe("local functions", () => {
  const opset = create(OperatorSetIdProtoSchema, { domain: "", version: 17n });
  const call = (name: string, input: string, output: string): NodeSpec => ({
    op: name,
    inputs: [input],
    outputs: [output],
    domain: "local",
    name: `${name} of ${input}`,
  });
  const define = (name: string, nodes: readonly NodeSpec[]) =>
    create(FunctionProtoSchema, {
      name,
      domain: "local",
      input: ["a"],
      output: ["b"],
      node: nodes.map(nodeProto),
      opsetImport: [opset],
    });

  test("are replaced by their bodies under names of their own", () => {
    const square = define("square", [
      { op: "Mul", inputs: ["a", "a"], outputs: ["t"] },
      { op: "Neg", inputs: ["t"], outputs: ["b"] },
    ]);
    const model = decode({ nodes: [call("square", "x", "h"), call("square", "h", "y")], functions: [square] });
    expect(model.graph.nodes.map(({ op }) => op)).toEqual(["Mul", "Neg", "Mul", "Neg"]);
    expect(model.graph.nodes.map(({ inputs, outputs }) => [inputs, outputs])).toEqual([
      [["x", "x"], ["square of x/t"]],
      [["square of x/t"], ["h"]],
      [["h", "h"], ["square of h/t"]],
      [["square of h/t"], ["y"]],
    ]);
  });

  test("that call themselves, or grow without bound, are refused", () => {
    const loop = define("f", [call("f", "a", "b")]);
    expect(codeOf(() => decode({ nodes: [call("f", "x", "y")], functions: [loop] }))).toBe("recursive-function");
    // Each doubles the one before: 2³⁰ nodes.
    const bombs = Array.from({ length: 30 }, (_, i) =>
      define(
        `f${i}`,
        i === 0
          ? [{ op: "Neg", inputs: ["a"], outputs: ["b"] }]
          : [call(`f${i - 1}`, "a", "t"), call(`f${i - 1}`, "t", "b")],
      ),
    );
    expect(codeOf(() => decode({ nodes: [call("f29", "x", "y")], functions: bombs }))).toBe("too-many-nodes");
  });
});

describe("which tensors are parameters", () => {
  test("weights, biases behind linear operators, gains; not statistics, masks, limits, single numbers", () => {
    const model = decode({
      nodes: [
        { op: "MatMul", inputs: ["x", "w"], outputs: ["h1"] },
        { op: "Add", inputs: ["h1", "b"], outputs: ["h2"] },
        { op: "BatchNormalization", inputs: ["h2", "gain", "offset", "mean", "var"], outputs: ["h3"] },
        { op: "Clip", inputs: ["h3", "low"], outputs: ["h4"] },
        { op: "Mul", inputs: ["h4", "half"], outputs: ["h5"] },
        { op: "Add", inputs: ["h5", "mask"], outputs: ["h6"] },
        { op: "Mul", inputs: ["h6", "layer.scale"], outputs: ["y"] },
      ],
      initializers: [
        matrix("w"),
        vector("b"),
        vector("gain", [1, 0.9, 1.1, 1.2]),
        vector("offset", [0.1, 0, 0, 0]),
        vector("mean", [0.2, 0, 0, 1]),
        vector("var", [1, 1, 2, 1]),
        tensorProto("low", "float", [], [-1]),
        tensorProto("half", "float", [], [0.5]),
        vector("mask", [0, 0, -1e9, 0]),
        vector("layer.scale", [1, 1, 1, 1]),
      ],
    });
    expect(model.parameters.map(({ name }) => name)).toEqual(["w", "b", "gain", "offset", "layer.scale"]);
    expect(model.statistics.map(({ name }) => name)).toEqual(["mean", "var"]);
    expect(roleOf(model, "b")?.reason).toBe("bias added by Add_h2");
    expect(roleOf(model, "mask")?.reason).toMatch(/^mask/);
    expect(roleOf(model, "half")?.reason).toBe("a single number");
  });

  test("a bias of one element is a parameter, behind a transposed weight too", () => {
    const model = decode({
      nodes: [
        { op: "Transpose", inputs: ["fc.weight"], outputs: ["t"] },
        { op: "MatMul", inputs: ["x", "t"], outputs: ["h"] },
        { op: "Add", inputs: ["c", "h"], outputs: ["y"] },
      ],
      initializers: [tensorProto("fc.weight", "float", [1, 4], distinct(4)), tensorProto("c", "float", [1], [0.3])],
    });
    expect(model.parameters.map(({ name }) => name)).toEqual(["fc.weight", "c"]);
  });

  test("computed tables are constants, learned ones are not", () => {
    const rows = 8;
    const table = (f: (t: number, i: number) => number) =>
      Array.from({ length: rows * 4 }, (_, k) => f(Math.floor(k / 4), k % 4));
    const sinusoids = table((t, i) => (i % 2 === 0 ? Math.sin : Math.cos)(t / 100 ** (Math.floor(i / 2) / 2)));
    const spec = (values: number[]) =>
      decode({
        nodes: [
          { op: "Add", inputs: ["x", "positions"], outputs: ["h"] },
          { op: "MatMul", inputs: ["h", "w"], outputs: ["y"] },
        ],
        initializers: [tensorProto("positions", "float", [rows, 4], values), matrix("w")],
      });
    expect(roleOf(spec(sinusoids), "positions")).toMatchObject({ role: "constant", reason: "sampled sinusoids" });
    expect(roleOf(spec(distinct(rows * 4)), "positions")).toMatchObject({ role: "parameter" });
    expect(roleOf(spec(new Array<number>(rows * 4).fill(0)), "positions")).toMatchObject({ role: "parameter" });
  });

  test("what centres the input is a constant", () => {
    const model = decode({
      nodes: [
        { op: "Sub", inputs: ["x", "mean"], outputs: ["c"] },
        { op: "Div", inputs: ["c", "deviation"], outputs: ["s"] },
        { op: "MatMul", inputs: ["s", "w"], outputs: ["y"] },
      ],
      initializers: [vector("mean"), vector("deviation", [1, 2, 3, 5]), matrix("w")],
    });
    expect(model.parameters.map(({ name }) => name)).toEqual(["w"]);
  });

  test("a weight is a parameter wherever the file keeps it", () => {
    const constant = (name: string, tensor = matrix("", 2)): NodeSpec => ({
      op: "Constant",
      inputs: [],
      outputs: [name],
      attributes: { value: tensor },
    });
    const inNodes = decode({ nodes: [constant("k"), { op: "MatMul", inputs: ["x", "k"], outputs: ["y"] }] });
    expect(inNodes.parameters.map(({ name }) => name)).toEqual(["k"]);
    const beside = decode({
      nodes: [
        constant("k"),
        { op: "MatMul", inputs: ["x", "k"], outputs: ["h"] },
        { op: "MatMul", inputs: ["h", "w"], outputs: ["y"] },
      ],
      initializers: [matrix("w")],
    });
    expect(beside.parameters.map(({ name }) => name)).toEqual(["w", "k"]);
  });
});

describe("what exporters merge", () => {
  const ones = [1, 1, 1, 1];
  const norm = (input: string, gain: string, offset: string, output: string): NodeSpec => ({
    op: "LayerNormalization",
    inputs: [input, gain, offset],
    outputs: [output],
    name: `/${output}/LayerNormalization`,
  });

  test("equal-valued tensors behind Identity are separate parameters again", () => {
    const model = decode({
      producer: "pytorch",
      nodes: [
        { op: "Identity", inputs: ["n1.weight"], outputs: ["n2.weight"] },
        norm("x", "n1.weight", "n1.bias", "h"),
        norm("h", "n2.weight", "n2.bias", "y"),
      ],
      initializers: [vector("n1.weight", ones), vector("n1.bias"), vector("n2.bias", distinct(4, 2))],
    });
    expect(model.parameters.map(({ name }) => name).sort()).toEqual(["n1.bias", "n1.weight", "n2.bias", "n2.weight"]);
    expect(model.notices.map(({ code }) => code)).toEqual(["untied-initializers"]);
  });

  test("tied weights with distinct elements stay tied", () => {
    const model = decode({
      producer: "pytorch",
      nodes: [
        { op: "Identity", inputs: ["w"], outputs: ["head"] },
        { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] },
        { op: "MatMul", inputs: ["h", "head"], outputs: ["y"] },
      ],
      initializers: [matrix("w")],
    });
    expect(model.parameters.map(({ name }) => name)).toEqual(["w"]);
    expect(model.notices.map(({ code }) => code)).toEqual(["tied-parameters"]);
    expect(model.notices[0]).toMatchObject({
      message: expect.stringMatching(/the network ties them, or the exporter merged copies that are equal/),
      hint: expect.stringContaining("do_constant_folding=False"),
    });
  });

  test("merged without Identity: the layers' other tensors lend the name", () => {
    const nodes = [norm("x", "n1.weight", "n1.bias", "h"), norm("h", "n1.weight", "n2.bias", "y")];
    const model = decode({
      nodes,
      initializers: [vector("n1.weight", ones), vector("n1.bias"), vector("n2.bias", distinct(4, 2))],
    });
    expect(model.parameters.map(({ name }) => name).sort()).toEqual(["n1.bias", "n1.weight", "n2.bias", "n2.weight"]);
  });

  test("everything shared and equal: refused, since nothing tells one layer used twice from two", () => {
    const nodes = [norm("x", "g", "o", "h"), norm("h", "g", "o", "y")];
    expect(codeOf(() => decode({ nodes, initializers: [vector("g", ones), vector("o", [0, 0, 0, 0])] }))).toBe(
      "merged-initializers",
    );
    // One layer used twice, trained: its offset has distinct elements.
    const trained = decode({ nodes, initializers: [vector("g", ones), vector("o")] });
    expect(trained.parameters.map(({ name }) => name)).toEqual(["g", "o"]);
  });

  test("BatchNormalization folded into Conv is said", () => {
    const image = valueInfo("x", "float", ["batch", 1, 4, 4]);
    const model = decode({
      producer: "pytorch",
      inputs: [image],
      nodes: [{ op: "Conv", inputs: ["x", "onnx::Conv_12", "onnx::Conv_13"], outputs: ["y"] }],
      initializers: [tensorProto("onnx::Conv_12", "float", [4, 1, 3, 3], distinct(36)), vector("onnx::Conv_13")],
    });
    expect(model.notices[0]).toMatchObject({ code: "folded-batch-normalization" });
    expect(model.notices[0].hint).toContain("do_constant_folding=False");
  });

  test("weights of a Conv that keeps its bias were computed otherwise, as by weight norm", () => {
    const model = decode({
      producer: "pytorch",
      inputs: [valueInfo("x", "float", ["batch", 1, 4, 4])],
      nodes: [{ op: "Conv", inputs: ["x", "onnx::Conv_12", "0.bias"], outputs: ["y"] }],
      initializers: [tensorProto("onnx::Conv_12", "float", [4, 1, 3, 3], distinct(36)), vector("0.bias")],
    });
    expect(model.notices.map(({ code }) => code)).toEqual(["renamed-weights"]);
  });
});

test.each([
  ["a value of another type than it says", { type: Kind.INT, f: 5 }, [], "attribute-type"],
  ["two values", { type: Kind.FLOAT, f: 5, i: 2n }, [], "attribute-type"],
  ["no type, as files of old have it", { type: Kind.UNDEFINED, f: 5 }, [], "none"],
  ["zero", { type: Kind.FLOAT, f: 0 }, [], "none"],
  ["another by its name", { type: Kind.FLOAT, f: 5 }, [{ type: Kind.FLOAT, f: 6 }], "duplicate-attribute"],
] as const)("an attribute with %s", (_, attribute, others, code) => {
  const file = fromBinary(
    ModelProtoSchema,
    modelBytes({ opset: 17, inputs: [X], outputs: [Y], nodes: [{ op: "Elu", inputs: ["x"], outputs: ["y"] }] }),
  );
  const [node] = file.graph?.node ?? [];
  for (const each of [attribute, ...others])
    node.attribute.push(create(AttributeProtoSchema, { name: "alpha", ...each }));
  expect(codeOf(() => decodeModel(toBinary(ModelProtoSchema, file), { file: "m.onnx" }))).toBe(code);
});
