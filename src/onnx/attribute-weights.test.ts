import { expect, test } from "vitest";
import { float, modelBytes, valueInfo, type AttributeValue } from "../../test/support/onnx-model.ts";
import { decodeModel } from "./decode-model.ts";

const list = (...values: number[]) => values.map((value) => float(value));

function decoded(op: string, attributes: Record<string, AttributeValue>) {
  return decodeModel(
    modelBytes({
      opset: 18,
      nodes: [{ op, domain: "ai.onnx.ml", name: "model", inputs: ["x"], outputs: ["a", "b"], attributes }],
      inputs: [valueInfo("x", "float", ["n", 2])],
      outputs: [valueInfo(op === "LinearClassifier" ? "b" : "a", "float", ["n", 2])],
    }),
    { file: "model.onnx" },
  );
}

test.each(["LinearRegressor", "LinearClassifier"])("coefficients and intercepts of %s are parameters", (op) => {
  const own: Record<string, AttributeValue> = op === "LinearRegressor" ? { targets: 2 } : { classlabels_ints: [0, 1] };
  const { parameters } = decoded(op, { ...own, coefficients: list(1, 2, 3, 4), intercepts: list(5, 6) });
  expect(parameters.map(({ name, shape, data }) => ({ name, shape, data: Array.from(data) }))).toEqual([
    { name: "model.coefficients", shape: [2, 2], data: [1, 2, 3, 4] },
    { name: "model.intercepts", shape: [2], data: [5, 6] },
  ]);
});

test("scales and offsets are constants", () => {
  expect(decoded("Scaler", { offset: list(1, 2), scale: list(3, 4) }).parameters).toEqual([]);
});
