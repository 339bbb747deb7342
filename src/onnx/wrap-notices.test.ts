import { describe, expect, it } from "vitest";
import { modelBytes, tensorProto, valueInfo } from "../../test/support/onnx-model.ts";
import { decodeModel } from "./decode-model.ts";

/** A last axis of length 6 with p numbers before it and behind it, by two slices of it. */
function noticesOf({ before, behind, axis = 1 }: Record<"before" | "behind", [number, number]> & { axis?: number }) {
  const numbers = { b: before, e: behind };
  const slice = (name: string) => ({ op: "Slice", inputs: ["x", `${name}0`, `${name}1`, "axis"], outputs: [name] });
  const bytes = modelBytes({
    opset: 17,
    producer: "pytorch",
    nodes: [
      slice("b"),
      slice("e"),
      { op: "Concat", inputs: ["b", "x", "e"], outputs: ["wrapped"], attributes: { axis }, name: "pad" },
      { op: "MatMul", inputs: ["wrapped", "w"], outputs: ["y"] },
    ],
    inputs: [valueInfo("x", "float", ["N", 6])],
    outputs: [valueInfo("y", "float", ["N", 1])],
    initializers: [
      ...Object.entries(numbers).flatMap(([name, ends]) =>
        ends.map((end, i) => tensorProto(`${name}${i}`, "int64", [1], [end])),
      ),
      tensorProto("axis", "int64", [1], [1]),
      tensorProto("w", "float", [8, 1], [0.1, -0.2, 0.3, 0.5, -0.7, 1.1, 1.3, -1.7]),
    ],
  });
  return decodeModel(bytes, { file: "wrapped.onnx" }).notices.filter(({ code }) => code === "wrapped-padding");
}

describe("padding that wraps around", () => {
  it("is wrong as PyTorch 1.13 wrote it, and that is said with the node", () => {
    expect(noticesOf({ before: [-2, -1], behind: [0, 1] })).toEqual([
      expect.objectContaining({
        message: expect.stringContaining("in pad: PyTorch exported it so"),
        hint: expect.anything(),
      }),
    ]);
  });

  it("is right where the last numbers come before the first, and other neighbours are no padding", () => {
    expect(noticesOf({ before: [-1, 2 ** 31], behind: [0, 1] })).toEqual([]);
    expect(noticesOf({ before: [-1, 6], behind: [0, 1] })).toEqual([]);
    expect(noticesOf({ before: [-2, -1], behind: [1, 2] })).toEqual([]);
  });
});
