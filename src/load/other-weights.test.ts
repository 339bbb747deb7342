import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { modelBytes, tensorProto, valueInfo } from "../../test/support/onnx-model.ts";
import { encodeNpz } from "../files/npz.ts";
import { encodeSafetensors } from "../files/safetensors.ts";
import { type DType, sizeOf, type Tensor, tensor } from "../util/tensor.ts";
import { loadModel } from "./load-model.ts";
import { loadProblem } from "./load-problem.ts";

const folder = mkdtempSync(join(tmpdir(), "thalweg-other-weights-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

const random = (count: number, seed = 1) =>
  Array.from({ length: count }, (_, i) => 1.7 * Math.sin(12.9898 * (i + 3) * seed));
const of = (dtype: DType, shape: number[], data: readonly number[]): Tensor =>
  tensor(dtype, shape, dtype === "int64" ? Float64Array.from(data) : Float32Array.from(data));
const float = (shape: number[], seed = 1) => of("float32", shape, random(sizeOf(shape), seed));

/** A layer whose normalisation stands as PyTorch's exporter writes it before training: its statistics are its gain and its offset. */
writeFileSync(
  at("m.onnx"),
  modelBytes({
    opset: 17,
    producer: "pytorch",
    inputs: [valueInfo("x", "float", ["N", 4])],
    outputs: [valueInfo("y", "float", ["N", 4])],
    nodes: [
      { op: "Identity", inputs: ["1.weight"], outputs: ["1.running_var"] },
      { op: "Identity", inputs: ["1.bias"], outputs: ["1.running_mean"] },
      { op: "Gather", inputs: ["x", "order"], outputs: ["p"], attributes: { axis: 1 } },
      { op: "Gemm", inputs: ["p", "0.weight", "0.bias"], outputs: ["h"], name: "/0/Gemm" },
      {
        op: "BatchNormalization",
        inputs: ["h", "1.weight", "1.bias", "1.running_mean", "1.running_var"],
        outputs: ["y"],
        name: "/1/BatchNormalization",
      },
    ],
    initializers: [
      tensorProto("0.weight", "float", [4, 4], random(16)),
      tensorProto("0.bias", "float", [4], random(4, 2)),
      tensorProto("1.weight", "float", [4], [1, 1, 1, 1]),
      tensorProto("1.bias", "float", [4], [0, 0, 0, 0]),
      tensorProto("order", "int64", [4], [2, 0, 3, 1]),
    ],
  }),
);
writeFileSync(
  at("d.npz"),
  encodeNpz([
    ["x", float([6, 4], 3)],
    ["y", float([6, 4], 4)],
  ]),
);

const PARAMETERS = {
  "0.weight": float([4, 4], 5),
  "0.bias": float([4], 6),
  "1.weight": of("float32", [4], [1.5, 2.5, 1.25, 0.75]),
  "1.bias": float([4], 7),
};
const STATISTICS = {
  "1.running_mean": float([4], 8),
  "1.running_var": of("float32", [4], [0.5, 0.7, 1.1, 0.9]),
};

function write(name: string, tensors: Readonly<Record<string, Tensor>>): string {
  writeFileSync(at(name), encodeSafetensors(Object.entries(tensors)));
  return at(name);
}

describe("what a checkpoint holds that the file does not", () => {
  const leftOut = (beside: Readonly<Record<string, Tensor>>) =>
    loadModel(at("m.onnx"), { weights: write("c.safetensors", { ...PARAMETERS, ...STATISTICS, ...beside }) }).leftOut;

  it("is every tensor of floats, whatever its name and size", () => {
    expect(leftOut({ "0.lora_A": float([2, 4]), "2.running_var": of("float32", [4], [1, 1, 1, 1]) })).toEqual([
      "0.lora_A",
      "2.running_var",
    ]);
    expect(leftOut({ scale: float([1]) })).toEqual(["scale"]);
  });

  it("is no count, no table of whole numbers, and nothing that comes under another name", () => {
    expect(leftOut({ "1.num_batches_tracked": of("int64", [1], [500]), ids: of("int64", [3], [0, 1, 2]) })).toEqual([]);
    // Equal numbers that tell nothing are no copies of each other.
    const { "0.weight": weight, "1.weight": gain } = PARAMETERS;
    expect(leftOut({ tied: weight, filled: of("float32", [4], [0, 0, 0, 0]) })).toEqual(["filled"]);
    expect(leftOut({ gain: { ...gain, data: Float32Array.from(gain.data, (x) => x + 1e-3) } })).toEqual(["gain"]);
  });

  it("is a table of whole numbers that the file has otherwise", () => {
    expect(leftOut({ order: of("int64", [4], [2, 0, 3, 1]) })).toEqual([]);
    expect(leftOut({ order: of("int64", [4], [0, 1, 2, 3]) })).toEqual(["order"]);
  });

  it("is named in a warning, which does not stand where there is nothing", async () => {
    const warnings = async (beside: Readonly<Record<string, Tensor>>) => {
      const weights = write("w.safetensors", { ...PARAMETERS, ...STATISTICS, ...beside });
      const loaded = await loadProblem(at("m.onnx"), { data: at("d.npz"), weights, threads: 1 });
      await loaded.close();
      return loaded.warnings.filter((warning) => warning.includes("left out"));
    };
    expect(await warnings({ "1.num_batches_tracked": of("int64", [1], [500]) })).toEqual([]);
    expect(await warnings({ "0.lora_A": float([2, 4]), "0.lora_B": float([4, 2]) })).toEqual([
      expect.stringMatching(
        /^2 tensors of the checkpoint are left out, .*\(0\.lora_A, 0\.lora_B\): .* another network/,
      ),
    ]);
  });
});

describe("a file that stores equal tensors once", () => {
  it.each([
    ["that has them all", { ...PARAMETERS, ...STATISTICS }],
    ["without some of them, which stay as they are", PARAMETERS],
  ])("is held against the graph with the weights of a checkpoint %s", async (_, tensors) => {
    const weights = write("w.safetensors", tensors);
    const loaded = await loadProblem(at("m.onnx"), { data: at("d.npz"), weights, threads: 1 });
    await loaded.close();
    const proof = loaded.proofs.find(({ name }) => name === "import");
    expect(proof).toMatchObject({ passed: true, detail: expect.not.stringContaining("own weights") });
  });
});

describe("what is not finite", () => {
  writeFileSync(
    at("masked.onnx"),
    modelBytes({
      opset: 17,
      producer: "pytorch",
      inputs: [valueInfo("x", "float", ["N", 4])],
      outputs: [valueInfo("y", "float", ["N", 4])],
      nodes: [
        { op: "MatMul", inputs: ["x", "weight"], outputs: ["h"] },
        { op: "Where", inputs: ["allowed", "h", "mask"], outputs: ["m"] },
        { op: "Softmax", inputs: ["m"], outputs: ["y"], attributes: { axis: 1 } },
      ],
      initializers: [
        tensorProto("weight", "float", [4, 4], random(16)),
        tensorProto("allowed", "bool", [4], [1, 1, 0, 1]),
        tensorProto("mask", "float", [], [-Infinity]),
      ],
    }),
  );
  const mask = of("float32", [], [-Infinity]);

  it("may stand in constants", () => {
    const { leftOut } = loadModel(at("masked.onnx"), {
      weights: write("m.safetensors", { weight: float([4, 4], 5), mask }),
    });
    expect(leftOut).toEqual([]);
  });

  it("is no weight", () => {
    const weight = of("float32", [4, 4], [Number.NaN, ...random(15)]);
    expect(() => loadModel(at("masked.onnx"), { weights: write("n.safetensors", { weight, mask }) })).toThrow(
      /The weight weight in .* holds NaN at position 0/,
    );
  });
});
