import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelBytes, tensorProto, valueInfo } from "../../test/support/onnx-model.ts";
import { bytesSource } from "../files/byte-source.ts";
import { encodeNpz } from "../files/npz.ts";
import { encodeSafetensors, readSafetensors } from "../files/safetensors.ts";
import { decodeModel } from "./decode-model.ts";
import type { Tensor } from "../util/tensor.ts";
import { chooseParameters, chooseTensors } from "../load/choose-parameters.ts";
import { doubtSentence } from "./doubtful-parameters.ts";
import { heldConstant, heldSentence } from "./held-constant.ts";
import { loadProblem } from "../load/load-problem.ts";
import { replaceWeights } from "../load/replace-weights.ts";

const random = (count: number, seed = 1) =>
  Array.from({ length: count }, (_, i) => Math.fround(Math.sin(12.9898 * (i + 3) * seed) * 1.7));
const float = (shape: number[], data: readonly number[]): Tensor => ({
  dtype: "float32",
  shape,
  data: Float32Array.from(data),
});

const MU = [0.1, 0.2, 0.3, 0.4];

/** Standardises its input; the matrix is there twice. */
const bytes = modelBytes({
  opset: 17,
  producer: "pytorch",
  inputs: [valueInfo("x", "float", ["N", 4])],
  outputs: [valueInfo("y", "float", ["N", 4])],
  nodes: [
    { op: "Sub", inputs: ["x", "mu"], outputs: ["c"] },
    { op: "MatMul", inputs: ["c", "w"], outputs: ["h"] },
    { op: "MatMul", inputs: ["h", "onnx::MatMul_7"], outputs: ["g"], name: "/head/MatMul" },
    { op: "MatMul", inputs: ["g", "onnx::MatMul_8"], outputs: ["y"], name: "/last/MatMul" },
  ],
  initializers: [
    tensorProto("mu", "float", [4], MU),
    tensorProto("w", "float", [4, 4], random(16)),
    tensorProto("onnx::MatMul_7", "float", [4, 4], random(16)),
    tensorProto("onnx::MatMul_8", "float", [4, 4], random(16, 2)),
  ],
});
const model = decodeModel(bytes, { file: "m.onnx" });

/** Two tensors of which nothing says that they are trained: typed centres, and divisors of no layer. */
const inDoubt = decodeModel(
  modelBytes({
    opset: 17,
    producer: "pytorch",
    inputs: [valueInfo("x", "float", ["N", 1])],
    outputs: [valueInfo("y", "float", ["N", 4])],
    nodes: [
      { op: "Sub", inputs: ["x", "levels"], outputs: ["d"] },
      { op: "Div", inputs: ["d", "widths"], outputs: ["z"] },
      { op: "Exp", inputs: ["z"], outputs: ["e"] },
      { op: "MatMul", inputs: ["e", "fc.weight"], outputs: ["y"] },
    ],
    initializers: [
      tensorProto("levels", "float", [4], [-1, -0.5, 0.5, 1]),
      tensorProto("widths", "float", [4], random(4, 3)),
      tensorProto("fc.weight", "float", [4, 4], random(16)),
    ],
  }),
  { file: "m.onnx" },
);

describe("what could be trained and is held constant", () => {
  it("is what the file leaves open, and what --params leaves out", () => {
    const held = heldConstant(model, undefined);
    expect(held).toEqual({ tensors: 1, parameters: 4, names: ["mu"], flag: "--params '*,mu'" });
    expect(held && heldSentence(held)).toBe(
      "1 tensor (4 numbers) could be trained and is held constant: mu; --params '*,mu' adds it.",
    );
    expect(heldConstant(model, ["w"])).toMatchObject({ tensors: 2, parameters: 20, names: ["last.weight", "mu"] });
    expect(heldConstant(model, ["w", "onnx::MatMul_8", "mu"])).toBeUndefined();
    // A copy of a parameter is that parameter.
    expect(chooseParameters(model, ["onnx::MatMul_7"])).toEqual(["w"]);
  });
});

describe("the flag that adds what is held constant", () => {
  /** As many masks, each of which hides something, as there are numbers. */
  const holding = (count: number) => {
    const names = Array.from({ length: count }, (_, i) => `mask_${i}`);
    const nodes = names.map((name, i) => ({ op: "Mul", inputs: [`h${i}`, name], outputs: [`h${i + 1}`] }));
    return decodeModel(
      modelBytes({
        opset: 17,
        producer: "pytorch",
        inputs: [valueInfo("x", "float", ["N", 4])],
        outputs: [valueInfo(`h${count}`, "float", ["N", 4])],
        nodes: [{ op: "MatMul", inputs: ["x", "w"], outputs: ["h0"] }, ...nodes],
        initializers: [
          tensorProto("w", "float", [4, 4], random(16)),
          ...names.map((name) => tensorProto(name, "float", [1, 4], [1, 0, 1, 1])),
        ],
      }),
      { file: "m.onnx" },
    );
  };

  it.each([2, 8, 9, 20])("adds all of %i tensors, and its sentence says so", (count) => {
    const masked = holding(count);
    const held = heldConstant(masked, undefined);
    expect(held?.tensors).toBe(count);
    const patterns = held?.flag.match(/'(.*)'/)?.[1].split(",") ?? [];
    expect(chooseParameters(masked, patterns)).toHaveLength(count + 1);
    const sentence = held && heldSentence(held);
    if (count <= 8) expect(sentence).toContain(`${held?.flag} adds them.`);
    else
      expect(sentence).toContain(
        "; --params '*,mask_0,mask_1,mask_2,…' with the names that `thalweg inspect MODEL` lists adds them.",
      );
  });
});

describe("a tensor that --freeze names", () => {
  it("is no parameter; what is left goes to the import as a node", () => {
    const selection = chooseTensors(model, { freeze: ["last.weight", "/head/MatMul", "mu"] });
    expect(selection).toMatchObject({ parameters: ["w"], freeze: ["/head/MatMul"] });
    expect(chooseTensors(model, { params: ["*"], freeze: ["onnx::MatMul_7"] }).parameters).toEqual(["onnx::MatMul_8"]);
    expect(chooseTensors(model, { freeze: ["g"] })).toMatchObject({ parameters: undefined, freeze: ["g"] });
    expect(heldConstant(model, selection.parameters)?.flag).toBe("--params '*,mu' without --freeze");
  });

  it("is in doubt no more, and what --params chooses was decided by the user", () => {
    const doubtful = (flags: { params?: string[]; freeze?: string[] }) =>
      chooseTensors(inDoubt, flags).doubtful.map(({ name }) => name);
    expect(doubtful({})).toEqual(["levels", "widths"]);
    expect(doubtful({ freeze: ["levels"] })).toEqual(["widths"]);
    expect(doubtful({ params: ["*"] })).toEqual([]);
    expect(doubtSentence(chooseTensors(inDoubt, {}).doubtful)).toBe(
      "levels, widths (8 numbers) count as trained, though nothing in the file says so; --freeze levels --freeze widths holds them constant.",
    );
  });
});

describe("a constant that --params names", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "thalweg-held-"));
    writeFileSync(join(folder, "m.onnx"), bytes);
    const x = float([6, 4], random(24, 3));
    writeFileSync(
      join(folder, "d.npz"),
      encodeNpz([
        ["x", x],
        ["y", { dtype: "int64", shape: [6], data: Float64Array.from([0, 1, 2, 3, 0, 1]) }],
      ]),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is a parameter with its values and its gradient", async () => {
    const options = { data: join(folder, "d.npz"), precision: "float64" as const, threads: 1 };
    const loaded = await loadProblem(join(folder, "m.onnx"), { ...options, params: ["*", "mu"] });
    try {
      const { problem } = loaded;
      const mu = problem.space.tensors.find(({ name }) => name === "mu");
      expect(problem.space.dimension).toBe(36);
      const at = mu?.offset ?? Number.NaN;
      expect(Array.from(problem.point.parameters.subarray(at, at + 4))).toEqual(MU.map(Math.fround));
      const gradient = await problem.point.gradient();
      const step = 1e-5;
      for (let i = at; i < at + 4; i++) {
        const moved = async (by: number) => {
          const point = Float64Array.from(problem.point.parameters);
          point[i] += by;
          return (await problem.at(point).value()).loss;
        };
        expect(gradient[i]).toBeCloseTo(((await moved(step)) - (await moved(-step))) / (2 * step), 7);
      }
    } finally {
      await loaded.close();
    }
  });

  it("is counted in the notes of a run otherwise", async () => {
    const loaded = await loadProblem(join(folder, "m.onnx"), { data: join(folder, "d.npz"), threads: 1 });
    await loaded.close();
    expect(loaded.notes.filter((note) => note.includes("held constant"))).toHaveLength(1);
  });
});

describe("weights of a checkpoint for a matrix that the model holds twice", () => {
  const arrays = (copy?: number[]) => {
    const tensors: [string, Tensor][] = [
      ["w", float([4, 4], random(16, 5))],
      ["onnx::MatMul_8", float([4, 4], random(16, 6))],
      ...(copy ? [["onnx::MatMul_7", float([4, 4], copy)] satisfies [string, Tensor]] : []),
    ];
    return readSafetensors(bytesSource("c.safetensors", encodeSafetensors(tensors)));
  };

  it("are those of the one parameter", () => {
    const { model: replaced, leftOut } = replaceWeights(model, arrays(random(16, 5)), "c.safetensors");
    expect(Array.from(replaced.parameters[0].data)).toEqual(random(16, 5));
    expect(leftOut).toEqual([]);
    expect(replaceWeights(model, arrays(), "c.safetensors").leftOut).toEqual([]);
  });

  it("are refused where the two differ", () => {
    expect(() => replaceWeights(model, arrays(random(16, 9)), "c.safetensors")).toThrow(/are one parameter/);
  });
});
