import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { encodeNpz } from "../src/files/npz.ts";
import { encodeSafetensors } from "../src/files/safetensors.ts";
import { loadProblem, type LoadOptions } from "../src/load/load-problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { sizeOf, type Shape, type Tensor } from "../src/util/tensor.ts";
import { float, modelBytes, tensorProto, valueInfo, type ModelSpec } from "./support/onnx-model.ts";

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
  await loaded.close();
  const [proof] = loaded.proofs;
  return { ...proof, warnings: loaded.warnings };
}

const caseFile = z.object({ loss: z.string(), expect: z.string() });

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
      const { loss, expect: expected } = caseFile.parse(JSON.parse(readFileSync(at("case.json"), "utf8")));
      if (expected !== "supported") continue;
      const loaded = await loadProblem(at("model.onnx"), {
        data: at("data.npz"),
        loss: loss === "own" ? "output" : loss,
        threads: 1,
        // Its positions are those of three examples.
        batchSize: name === "dynamo-rotary-opset23" ? 3 : undefined,
        proofs: "several-batches",
      });
      await loaded.close();
      if (loaded.proofs[0].passed === true) proven++;
      else unproven.push(`${name}: ${loaded.proofs[0].detail}`);
    }
    expect(unproven).toEqual([]);
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
