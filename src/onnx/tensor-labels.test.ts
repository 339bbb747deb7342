import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { layersOf } from "../quantities/layers-of.ts";
import { chooseParameters } from "../load/choose-parameters.ts";
import { ParameterSpace } from "../problem/parameter-space.ts";
import { modelBytes, tensorProto, valueInfo, type NodeSpec } from "../../test/support/onnx-model.ts";
import { decodeModel, type ModelFile } from "./decode-model.ts";

const random = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) =>
    Math.fround(Math.sin(12.9898 * (i + 3) + name.length * 3.3 + name.charCodeAt(name.length - 1)) * 1.7),
  );

/** Nodes as [op, name, inputs, output]; every input but values made before is a 4 × 4 tensor, or a vector where its name says bias. */
function labelsOf(
  nodes: readonly (readonly [op: string, name: string, inputs: readonly string[], output: string])[],
  producer = "pytorch",
): Record<string, string> {
  const made = new Set(["x", ...nodes.map(([, , , output]) => output)]);
  const stored = [...new Set(nodes.flatMap(([, , inputs]) => inputs))].filter((name) => !made.has(name));
  const model = decodeModel(
    modelBytes({
      opset: 17,
      producer,
      inputs: [valueInfo("x", "float", ["N", 4])],
      outputs: [valueInfo("y", "float", ["N", 4])],
      nodes: nodes.map(([op, name, inputs, output]): NodeSpec => ({ op, name, inputs, outputs: [output] })),
      initializers: stored.map((name) =>
        /bias|Add/.test(name)
          ? tensorProto(name, "float", [4], random(name, 4))
          : tensorProto(name, "float", [4, 4], random(name, 16)),
      ),
    }),
    { file: "m.onnx" },
  );
  return Object.fromEntries(model.parameters.map(({ name, label }) => [name, label]));
}

describe("names that exporters made up", () => {
  test("become those of the module, and share it with the tensors that kept theirs", () => {
    expect(
      labelsOf([
        ["MatMul", "/encoder/0/MatMul", ["x", "onnx::MatMul_18"], "h"],
        ["Add", "/encoder/0/Add", ["h", "encoder.0.bias"], "g"],
        ["MatMul", "/blocks.0/blocks.0.1/MatMul", ["g", "onnx::MatMul_19"], "f"],
        ["Add", "/blocks.0/blocks.0.1/Add", ["f", "onnx::Add_20"], "y"],
      ]),
    ).toEqual({
      "onnx::MatMul_18": "encoder.0.weight",
      "encoder.0.bias": "encoder.0.bias",
      "onnx::MatMul_19": "blocks.0.1.weight",
      "onnx::Add_20": "blocks.0.1.bias",
    });
  });

  test("are told apart by the node where a module has several, or none is known", () => {
    expect(
      labelsOf([
        ["MatMul", "/att/MatMul", ["x", "onnx::MatMul_1"], "a"],
        ["MatMul", "/att/MatMul_1", ["a", "onnx::MatMul_2"], "b"],
        ["MatMul", "node_12", ["b", "77"], "y"],
      ]),
    ).toEqual({
      "onnx::MatMul_1": "att.MatMul.weight",
      "onnx::MatMul_2": "att.MatMul_1.weight",
      "77": "node_12.weight",
    });
  });

  test("are what the exporter of the file makes up, not what it leaves as it is", () => {
    const nodesOf = (first: string, second: string, between = "a") =>
      [
        ["MatMul", first, ["x", "_val_3"], between],
        ["MatMul", second, [between, "r_0"], "y"],
      ] as const;
    const [made, kept] = [{ _val_3: "node_1.weight" }, { _val_3: "_val_3", r_0: "r_0" }];
    expect(labelsOf(nodesOf("node_1", "node_2"))).toEqual({ ...kept, ...made });
    expect(labelsOf(nodesOf("node_1", "node_2"), "others")).toEqual({ ...made, r_0: "node_2.weight" });
    for (const [first, second, between] of [
      ["/att/MatMul", "/MatMul", "a"],
      ["MatMul_3", "MatMul_4", "77"],
      ["MatMul_3", "MatMul_4", "onnx::MatMul_12"],
    ])
      expect(labelsOf(nodesOf(first, second, between))).toEqual(kept);
  });

  test("never take the name of another tensor, nor each other's", () => {
    const labels = labelsOf([
      ["MatMul", "/a/MatMul", ["x", "a.weight"], "h"],
      ["MatMul", "/a/MatMul", ["h", "onnx::MatMul_1"], "g"],
      ["MatMul", "/a/MatMul", ["g", "onnx::MatMul_2"], "f"],
      ["Gemm", "/a/Gemm", ["onnx::Gemm_3", "onnx::Gemm_4", "onnx::Gemm_bias"], "k"],
      ["MatMul", "/b/MatMul", ["f", "k"], "y"],
    ]);
    expect(new Set(Object.values(labels)).size).toBe(Object.keys(labels).length);
    expect(labels["a.weight"]).toBe("a.weight");
  });
});

describe("exported files", () => {
  const read = (name: string): ModelFile =>
    decodeModel(readFileSync(new URL(`../../test/exported-names/${name}.onnx`, import.meta.url)), {
      file: `${name}.onnx`,
    });
  const layers = (model: ModelFile) => layersOf(new ParameterSpace(model.parameters).tensors).map(({ name }) => name);

  test("layers are those of the network, with transposed weights and with folded normalisations", () => {
    expect(layers(read("tok_default"))).toEqual(["e", "a", "b", "o"]);
    expect(layers(read("dwbn_default")).toSorted()).toEqual(["0", "11", "3", "6"]);
  });

  test("--params takes the name in the file, the shown one and the path of the node", () => {
    const model = read("tok_default");
    for (const pattern of ["onnx::MatMul_18", "a.weight", "/a/MatMul", "/a/*"])
      expect(chooseParameters(model, [pattern])).toEqual(["onnx::MatMul_18"]);
    expect(chooseParameters(model, ["a.*"])).toEqual(["a.bias", "onnx::MatMul_18"]);
  });
});
