import { expect, test } from "vitest";
import { modelBytes, valueInfo } from "../../../test/support/onnx-model.ts";
import { evaluate } from "../../../test/support/run-values.ts";
import { gradient } from "../../autodiff/products.ts";
import { Graph } from "../../graph/graph.ts";
import { sumAll } from "../../ops/structure.ts";
import { decodeModel } from "../decode-model.ts";
import { importGraph } from "../import-graph.ts";

const importDet = (...shape: number[]) => {
  const bytes = modelBytes({
    opset: 17,
    inputs: [valueInfo("x", "double", shape)],
    outputs: [valueInfo("y", "double", shape.slice(0, -2))],
    nodes: [{ op: "Det", inputs: ["x"], outputs: ["y"], name: "det" }],
  });
  const graph = new Graph();
  const { inputs, outputs } = importGraph(decodeModel(bytes, { file: "m.onnx" }), graph, {
    precision: "float64",
    batch: shape[0],
  });
  const [x, y] = [inputs.get("x"), outputs.get("y")];
  if (!x || !y) throw new Error("det");
  return { graph, x, y };
};

test("the gradient is the matrix of cofactors, at singular matrices too", async () => {
  const { x, y } = importDet(3, 3, 3);
  const [slope] = gradient(sumAll(y), [x]);
  const regular = [2, 0, 1, 0, 3, 0, 1, 0, 1];
  const ofRankTwo = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const ofRankOne = [1, 2, 3, 2, 4, 6, 3, 6, 9];
  const data = Float64Array.from([...regular, ...ofRankTwo, ...ofRankOne]);
  const found = await evaluate(
    new Map([
      ["y", y],
      ["g", slope],
    ]),
    new Map([["x", { dtype: "float64", shape: [3, 3, 3], data }]]),
  );
  expect(Array.from(found.get("y")?.data ?? [])).toEqual([3, 0, 0]);
  const cofactors = [
    [3, 0, -3, 0, 1, 0, -3, 0, 6],
    [-3, 6, -3, 6, -12, 6, -3, 6, -3],
    [0, 0, 0, 0, 0, 0, 0, 0, 0],
  ];
  expect(Array.from(found.get("g")?.data ?? [], (each) => each + 0)).toEqual(cofactors.flat());
});

test("matrices whose minors are too many are refused in a sentence", () => {
  expect(() => importDet(2, 11, 11)).toThrow(/takes determinants of 11 × 11 matrices; at most 10 × 10 are read/);
});
