import { describe, expect, test } from "vitest";
import { modelBytes, tensorProto, valueInfo, type NodeSpec } from "../../test/support/onnx-model.ts";
import { decodeModel } from "./decode-model.ts";

const random = (count: number, seed = 1) =>
  Array.from({ length: count }, (_, i) => Math.fround(Math.sin(12.9898 * (i + 3) * seed) * 1.7));
const transposed = (values: readonly number[], rows: number, columns: number) =>
  Array.from({ length: values.length }, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]);

type Tensors = Record<string, readonly [shape: readonly number[], values: readonly number[]]>;

/** A chain of matrix products with all the tensors, in their order. */
function chain(tensors: Tensors, more: readonly NodeSpec[] = []) {
  const names = Object.keys(tensors);
  const products = names.map((name, i): NodeSpec => ({
    op: "MatMul",
    inputs: [i === 0 ? "x" : `h${i - 1}`, name],
    outputs: [i === names.length - 1 ? "y" : `h${i}`],
  }));
  const model = decodeModel(
    modelBytes({
      opset: 17,
      producer: "pytorch",
      // Files of old IR versions list their initialisers among the inputs.
      inputs: [valueInfo("x", "float", ["N", 4]), ...names.map((name) => valueInfo(name, "float", tensors[name][0]))],
      outputs: [valueInfo("y", "float", ["N", 4])],
      nodes: [...more, ...products],
      initializers: names.map((name) => tensorProto(name, "float", ...tensors[name])),
    }),
    { file: "m.onnx" },
  );
  return {
    parameters: model.parameters.map(({ name }) => name),
    inputs: model.inputs.map(({ name }) => name),
    codes: model.notices.map(({ code }) => code),
    ties: model.ties,
  };
}

const W = random(16);
const square: readonly number[] = [4, 4];

/** The transpose of a square weight, as an exporter names it. */
const TURNED = {
  owner: "wte.weight",
  copy: "onnx::MatMul_9",
  move: { squeezed: [4, 4], permutation: [1, 0] },
  shape: [4, 4],
  dtype: "float32",
};

describe("copies that exporters store", () => {
  test("a transposed copy under a name of the exporter is its owner, whichever comes first", () => {
    const copy = transposed(W, 4, 4);
    for (const order of [
      ["wte.weight", "onnx::MatMul_9"],
      ["onnx::MatMul_9", "wte.weight"],
    ]) {
      const values: Tensors = { "wte.weight": [square, W], "onnx::MatMul_9": [square, copy] };
      const found = chain(Object.fromEntries(order.map((name) => [name, values[name]])));
      expect(found).toMatchObject({ parameters: ["wte.weight"], inputs: ["x"], codes: ["retied-parameters"] });
      expect(found.ties).toEqual([{ ...TURNED, scale: 1 }]);
    }
  });

  test("three copies of one matrix are one parameter", () => {
    const found = chain({
      a: [square, W],
      "onnx::MatMul_1": [square, W],
      "onnx::MatMul_2": [square, transposed(W, 4, 4)],
    });
    expect(found.parameters).toEqual(["a"]);
  });

  test("a copy times a number, also transposed, is its owner times that number; noise beyond rounding is not", () => {
    for (const scale of [0.5, -1 / 3, 7 ** -0.5]) {
      const copy = transposed(W, 4, 4).map((value) => Math.fround(scale * value));
      for (const order of [
        ["wte.weight", "onnx::MatMul_9"],
        ["onnx::MatMul_9", "wte.weight"],
      ]) {
        const values: Tensors = { "wte.weight": [square, W], "onnx::MatMul_9": [square, copy] };
        const found = chain(Object.fromEntries(order.map((name) => [name, values[name]])));
        expect(found).toMatchObject({ parameters: ["wte.weight"], inputs: ["x"], codes: ["retied-parameters"] });
        expect(found.ties).toEqual([{ ...TURNED, scale: expect.closeTo(scale, 6) }]);
      }
      const noisy = copy.with(5, Math.fround(copy[5] * 1.00001));
      expect(chain({ a: [square, W], "onnx::MatMul_9": [square, noisy] }).parameters).toHaveLength(2);
    }
  });

  test("a multiple of a matrix, its own copy and a copy of the matrix are one parameter", () => {
    const half = transposed(W, 4, 4).map((value) => value / 2);
    const found = chain({
      "onnx::MatMul_1": [square, half],
      "onnx::MatMul_2": [square, transposed(half, 4, 4)],
      "onnx::MatMul_3": [square, transposed(W, 4, 4)],
      a: [square, W],
    });
    expect(found.parameters).toEqual(["a"]);
  });

  test("what the names of the network keep apart stays apart, and is said", () => {
    const half = W.map((value) => value / 2);
    const found = chain({ "layers.0.weight": [square, W], "layers.1.weight": [square, half] });
    expect(found).toMatchObject({
      parameters: ["layers.0.weight", "layers.1.weight"],
      codes: ["proportional-parameters"],
    });
  });

  test("patterns are no evidence", () => {
    const eye = Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0));
    const line = Array.from({ length: 16 }, (_, i) => i / 8 - 1);
    const typed = Array.from({ length: 16 }, (_, i) => ((i * 7) % 5) / 10);
    for (const values of [new Array<number>(16).fill(1), eye, line, typed])
      expect(chain({ a: [square, values], "onnx::MatMul_9": [square, values] }).parameters).toEqual([
        "a",
        "onnx::MatMul_9",
      ]);
  });

  test("matrices that differ in one number are two", () => {
    expect(chain({ a: [square, W], b: [square, W.with(7, 0.123)] }).parameters).toEqual(["a", "b"]);
  });

  test("the same numbers in an order that no transposition gives are two", () => {
    expect(chain({ a: [square, W], b: [square, W.toReversed()] }).parameters).toEqual(["a", "b"]);
  });
});

describe("equal tensors under names of the network", () => {
  test("of two kinds are tied", () => {
    expect(chain({ "wte.weight": [square, W], "lm_head.weight": [square, W] }).parameters).toEqual(["wte.weight"]);
  });

  test("of one kind are layers that were copied before training: separate, and said", () => {
    const found = chain({ "layers.0.weight": [square, W], "layers.1.weight": [square, W] });
    expect(found).toMatchObject({ parameters: ["layers.0.weight", "layers.1.weight"], codes: ["equal-parameters"] });
  });

  test("of one kind, but transposed, are tied: copies are never transposed", () => {
    const found = chain({ "0.weight": [square, W], "2.weight": [square, transposed(W, 4, 4)] });
    expect(found.parameters).toEqual(["0.weight"]);
  });

  test("of two modules that are equal throughout are separate; of two that differ elsewhere, tied", () => {
    const V = random(16, 2);
    const copied: Tensors = {
      "student.a.weight": [square, W],
      "student.b.weight": [square, V],
      "teacher.a.weight": [square, W],
      "teacher.b.weight": [square, V],
    };
    expect(chain(copied).parameters).toHaveLength(4);
    const other: Tensors = { ...copied, "teacher.b.weight": [square, random(16, 3)] };
    expect(chain(other).parameters).toEqual(["student.a.weight", "student.b.weight", "teacher.b.weight"]);
  });
});

describe("layers that the exporter merged", () => {
  const merged = (gain: readonly number[]) =>
    decodeModel(
      modelBytes({
        opset: 17,
        producer: "pytorch",
        inputs: [valueInfo("x", "float", ["N", 4])],
        outputs: [valueInfo("y", "float", ["N", 4])],
        nodes: [
          { op: "Identity", inputs: ["layers.0.w"], outputs: ["layers.1.w"] },
          { op: "Identity", inputs: ["layers.0.g"], outputs: ["layers.1.g"] },
          { op: "MatMul", inputs: ["x", "layers.0.w"], outputs: ["a"] },
          { op: "Mul", inputs: ["a", "layers.0.g"], outputs: ["b"] },
          { op: "MatMul", inputs: ["b", "layers.1.w"], outputs: ["c"] },
          { op: "Mul", inputs: ["c", "layers.1.g"], outputs: ["y"] },
        ],
        initializers: [tensorProto("layers.0.w", "float", square, W), tensorProto("layers.0.g", "float", [4], gain)],
      }),
      { file: "m.onnx" },
    ).parameters.map(({ name }) => name);

  test("before training are separate again, random weights included", () => {
    expect(merged([1, 1, 1, 1])).toHaveLength(4);
  });

  test("with their weights folded under names of the exporter, too", () => {
    const model = decodeModel(
      modelBytes({
        opset: 17,
        producer: "pytorch",
        inputs: [valueInfo("x", "float", ["N", 4])],
        outputs: [valueInfo("y", "float", ["N", 4])],
        nodes: [
          { op: "Identity", inputs: ["onnx::MatMul_1"], outputs: ["onnx::MatMul_2"] },
          { op: "Identity", inputs: ["layers.0.g"], outputs: ["layers.1.g"] },
          { op: "MatMul", inputs: ["x", "onnx::MatMul_1"], outputs: ["a"], name: "/layers.0/MatMul" },
          { op: "Mul", inputs: ["a", "layers.0.g"], outputs: ["b"] },
          { op: "MatMul", inputs: ["b", "onnx::MatMul_2"], outputs: ["c"], name: "/layers.1/MatMul" },
          { op: "Mul", inputs: ["c", "layers.1.g"], outputs: ["y"] },
        ],
        initializers: [
          tensorProto("onnx::MatMul_1", "float", square, W),
          tensorProto("layers.0.g", "float", [4], [1, 1, 1, 1]),
        ],
      }),
      { file: "m.onnx" },
    );
    expect(model.parameters.map(({ label }) => label).sort()).toEqual([
      "layers.0.g",
      "layers.0.weight",
      "layers.1.g",
      "layers.1.weight",
    ]);
  });

  test("after training are tied: nothing in them is as it started", () => {
    expect(merged([1.1, 0.9, 1, 1.2])).toEqual(["layers.0.w", "layers.0.g"]);
  });
});
