/** @thorough Every fixture against the runtime: half a minute. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { encodeNpz } from "../src/files/npz.ts";
import { encodeSafetensors } from "../src/files/safetensors.ts";
import type { LoadOptions } from "../src/load/load-options.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { sizeOf, type Shape, type Tensor } from "../src/util/tensor.ts";
import { float, modelBytes, tensorProto, valueInfo, type ModelSpec, type NodeSpec } from "./support/onnx-model.ts";

const folder = mkdtempSync(join(tmpdir(), "thalweg-import-"));
afterAll(() => rmSync(folder, { recursive: true }));

const random = createRandom(4);
const drawn = (label: string, shape: Shape): Tensor => ({
  dtype: "float32",
  shape,
  data: Float32Array.from(random.split(label).normalVector(sizeOf(shape))),
});
const weight = (name: string, ...shape: number[]) =>
  tensorProto(name, "float", shape, Array.from(drawn(name, shape).data));

/** The proof of a model on twenty examples with three features and two classes. */
async function proofOf(name: string, spec: Partial<ModelSpec>, options: Partial<LoadOptions> = {}) {
  const model = join(folder, `${name}.onnx`);
  const data = join(folder, `${name}.npz`);
  const labels: Tensor = { dtype: "int64", shape: [20], data: Float64Array.from({ length: 20 }, (_, i) => i % 2) };
  writeFileSync(
    data,
    encodeNpz([
      ["x", drawn("x", [20, 3])],
      ["y", labels],
    ]),
  );
  writeFileSync(
    model,
    modelBytes({
      opset: 18,
      nodes: [{ op: "MatMul", inputs: ["x", "w"], outputs: ["out"] }],
      inputs: [valueInfo("x", "float", ["N", 3])],
      outputs: [valueInfo("out", "float", ["N", 2])],
      initializers: [weight("w", 3, 2)],
      ...spec,
    }),
  );
  const loaded = await loadProblem(model, { data, threads: 1, loss: "cross-entropy", ...options });
  const { loss } = await loaded.problem.point.value();
  const gradient = await loaded.problem.point.gradient();
  await loaded.close();
  const [proof] = loaded.proofs;
  return { ...proof, warnings: loaded.warnings, loss, gradient };
}

/** `batch`: the number of examples that a file fixes without saying so in its shapes. */
const caseFile = z.object({ loss: z.string(), expect: z.string(), batch: z.int().optional() });

describe("the import is proven", () => {
  const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));
  const names = readdirSync(fixtures).filter((name) => readdirSync(fixtures).includes(name) && hasModel(name));
  function hasModel(name: string): boolean {
    try {
      return readdirSync(join(fixtures, name)).includes("model.onnx");
    } catch {
      return false;
    }
  }

  test("of every fixture, on several batches", async () => {
    const unproven: string[] = [];
    let proven = 0;
    for (const name of names) {
      const at = (file: string) => join(fixtures, name, file);
      const { loss, expect: expected, batch } = caseFile.parse(JSON.parse(readFileSync(at("case.json"), "utf8")));
      if (expected !== "supported") continue;
      const loaded = await loadProblem(at("model.onnx"), {
        data: at("data.npz"),
        loss: loss === "own" ? "output" : loss,
        threads: 1,
        batchSize: batch,
        proofs: "several-batches",
      });
      await loaded.close();
      if (loaded.proofs[0].passed === true) proven++;
      else unproven.push(`${name}: ${loaded.proofs[0].detail}`);
    }
    // The runtime has no kernels of opset 6.
    expect(unproven).toEqual([expect.stringMatching(/^opset6-broadcast: .* implementation for Add\(6\)/u)]);
    expect(proven).toBeGreaterThan(140);
  }, 60_000);

  test("with the weights that are put in", async () => {
    const weights = join(folder, "w.safetensors");
    writeFileSync(weights, encodeSafetensors([["w", drawn("other", [3, 2])]]));
    const proof = await proofOf("weights", {}, { weights });
    expect(proof.passed).toBe(true);
    expect(proof.detail).not.toContain("own weights");
  });

  test("in float32 where the runtime has no kernel for float64, and says so", async () => {
    const proof = await proofOf("double", {
      nodes: [
        { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] },
        { op: "Atan", inputs: ["h"], outputs: ["out"] },
      ],
      inputs: [valueInfo("x", "double", ["N", 3])],
      outputs: [valueInfo("out", "double", ["N", 2])],
      initializers: [tensorProto("w", "double", [3, 2], Array.from(drawn("w", [3, 2]).data))],
    });
    expect(proof.passed).toBe(true);
    expect(proof.detail).toContain("no float64 kernels");
  });

  test("with examples again and again where the file takes more than there are", async () => {
    const options = { limit: 7, batchSize: 7 };
    expect(
      (
        await proofOf(
          "fixed",
          { inputs: [valueInfo("x", "float", [64, 3])], outputs: [valueInfo("out", "float", [64, 2])] },
          options,
        )
      ).passed,
    ).toBe(true);
  });

  test("with outputs that hold −∞, and indices beside them", async () => {
    const proof = await proofOf("infinite", {
      nodes: [
        { op: "MatMul", inputs: ["x", "w"], outputs: ["out"] },
        { op: "Relu", inputs: ["out"], outputs: ["r"] },
        { op: "Log", inputs: ["r"], outputs: ["log"] },
        { op: "ArgMax", inputs: ["r"], outputs: ["best"], attributes: { axis: 1 } },
      ],
      outputs: [
        valueInfo("out", "float", ["N", 2]),
        valueInfo("log", "float", ["N", 2]),
        valueInfo("best", "int64", ["N", 1]),
      ],
    });
    expect(proof.passed).toBe(true);
  });
});

describe("what rounding loses in the file's own form is no difference", () => {
  const z = { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] };
  const far = (size: number) => [
    tensorProto("w", "float", [3], [0.7, -0.4, 0.3]),
    tensorProto("far", "float", [], [size]),
    tensorProto("one", "float", [], [1]),
    tensorProto("axes", "int64", [1], [1]),
  ];
  const shifted = (size: number, nodes: ModelSpec["nodes"]): Partial<ModelSpec> => ({
    nodes: [z, { op: "Add", inputs: ["h", "far"], outputs: ["z"] }, ...nodes],
    outputs: [valueInfo("out", "float", ["N"])],
    initializers: far(size),
  });
  const neg = { op: "Neg", inputs: ["log"], outputs: ["out"] };
  const sigmoid = { op: "Sigmoid", inputs: ["z"], outputs: ["p"] };
  const wide: NodeSpec[] = [
    { op: "Unsqueeze", inputs: ["z", "axes"], outputs: ["column"] },
    { op: "Neg", inputs: ["column"], outputs: ["other"] },
    { op: "Concat", inputs: ["column", "other"], outputs: ["logits"], attributes: { axis: 1 } },
    { op: "Cast", inputs: ["h"], outputs: ["whole"], attributes: { to: 7 } },
    { op: "Sub", inputs: ["whole", "whole"], outputs: ["classes"] },
  ];
  const FORMS: Record<string, Partial<ModelSpec>> = {
    "−log σ(z)": shifted(9, [sigmoid, { op: "Log", inputs: ["p"], outputs: ["log"] }, neg]),
    "cross-entropy": shifted(4.5, [
      ...wide,
      {
        op: "SoftmaxCrossEntropyLoss",
        inputs: ["logits", "classes"],
        outputs: ["out"],
        attributes: { reduction: "none" },
      },
    ]),
  };

  test.each(Object.keys(FORMS))("a small %s", async (form) => {
    const proof = await proofOf("small", FORMS[form], { loss: "output", proofs: "several-batches" });
    expect(proof).toMatchObject({ passed: true });
    // The rounding of 1 beside a loss of about 1e-4, and not much more.
    expect(proof.limit).toBeLessThan(0.2);
  });

  test("a normalisation over a batch of one, in which all cancels", async () => {
    const proof = await proofOf(
      "single",
      {
        opset: 15,
        nodes: [
          { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] },
          {
            op: "BatchNormalization",
            inputs: ["h", "gain", "bias", "mean", "var"],
            outputs: ["n", "m", "v"],
            attributes: { training_mode: 1 },
          },
          { op: "MatMul", inputs: ["n", "u"], outputs: ["out"] },
        ],
        initializers: [
          weight("w", 3, 8),
          weight("u", 8, 2),
          weight("gain", 8),
          tensorProto(
            "bias",
            "float",
            [8],
            Array.from({ length: 8 }, () => 1e-4),
          ),
          tensorProto(
            "mean",
            "float",
            [8],
            Array.from({ length: 8 }, () => 0),
          ),
          tensorProto(
            "var",
            "float",
            [8],
            Array.from({ length: 8 }, () => 1),
          ),
        ],
      },
      { proofs: "several-batches" },
    );
    expect(proof).toMatchObject({ passed: true });
  });

  test("a cross-entropy of σ(z) in the graph is finite where σ is rounded to 1, and NaN in the file", async () => {
    const spec = shifted(18, [
      sigmoid,
      { op: "Log", inputs: ["p"], outputs: ["log"] },
      { op: "Mul", inputs: ["one", "log"], outputs: ["first"] },
      { op: "Sub", inputs: ["one", "p"], outputs: ["q"] },
      { op: "Log", inputs: ["q"], outputs: ["log q"] },
      { op: "Sub", inputs: ["one", "one"], outputs: ["none"] },
      { op: "Mul", inputs: ["none", "log q"], outputs: ["second"] },
      { op: "Add", inputs: ["first", "second"], outputs: ["sum"] },
      { op: "Neg", inputs: ["sum"], outputs: ["out"] },
    ]);
    const { passed, loss, gradient } = await proofOf("naive", spec, { loss: "output" });
    expect(passed).not.toBe(false);
    expect(loss).toBeGreaterThan(0);
    expect(gradient.every(Number.isFinite)).toBe(true);
    expect(gradient.some((each) => each !== 0)).toBe(true);
  });
});

describe("where the import cannot be proven, that is said", () => {
  test("a file that draws random numbers", async () => {
    const proof = await proofOf("dropout", {
      nodes: [
        { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] },
        { op: "Dropout", inputs: ["h", "ratio", "training"], outputs: ["out"] },
      ],
      initializers: [
        weight("w", 3, 2),
        tensorProto("ratio", "float", [], [0.5]),
        tensorProto("training", "bool", [], [1]),
      ],
    });
    expect(proof).toMatchObject({ name: "import", passed: null });
    expect(proof.detail).toContain("random");
    expect(proof.warnings).toContain(proof.detail);
  });

  test("an opset that the runtime does not know", async () => {
    const proof = await proofOf("newer", { opset: 99 });
    expect(proof.passed).toBeNull();
    expect(proof.detail).toContain("ONNX Runtime cannot run the file");
  });

  test("an operator that the runtime does not have", async () => {
    const proof = await proofOf("foreign", {
      nodes: [
        { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] },
        {
          op: "SimplifiedLayerNormalization",
          domain: "com.microsoft",
          inputs: ["h", "g"],
          outputs: ["out"],
          attributes: { epsilon: float(1e-5) },
        },
      ],
      initializers: [weight("w", 3, 2), weight("g", 2)],
    });
    expect(proof.passed).toBeNull();
  });
});
