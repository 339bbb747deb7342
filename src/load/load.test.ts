import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { bytesSource } from "../files/byte-source.ts";
import { encodeSafetensors, readSafetensors } from "../files/safetensors.ts";
import { Graph } from "../graph/graph.ts";
import { reachable } from "../graph/traverse.ts";
import { add } from "../ops/arithmetic.ts";
import { conv, convInput, convWeight } from "../ops/conv.ts";
import { fuseGemm } from "../ops/gemm.ts";
import { matmul } from "../ops/matmul.ts";
import { sigmoid } from "../ops/unary.ts";
import { chooseBatches, type BatchQuestion } from "./choose-batches.ts";
import { chooseParameters } from "./choose-parameters.ts";
import { matchesGlob } from "../util/glob.ts";
import { guessLoss } from "./guess-loss.ts";
import type { OutputObserver } from "./output-evidence.ts";
import type { LabelSummary } from "../data/labels.ts";
import { loadModel } from "./load-model.ts";
import { loadProblem } from "./load-problem.ts";
import { multiplyAdds } from "../graph/multiply-adds.ts";
import { defaultPrecision } from "../onnx/default-precision.ts";
import { replaceWeights } from "./replace-weights.ts";
import { importGraph } from "../onnx/import-graph.ts";
import type { Shape } from "../util/tensor.ts";

const { model } = loadModel(fileURLToPath(new URL("../../assets/digits.onnx", import.meta.url)));

describe("globs", () => {
  it("match dots and slashes, and nothing by accident", () => {
    expect(matchesGlob("layer1.0.weight", "layer1.*")).toBe(true);
    expect(matchesGlob("a/b/c", "a*c")).toBe(true);
    expect(matchesGlob("layer10.weight", "layer?.weight")).toBe(false);
    expect(matchesGlob("axb", "a.b")).toBe(false);
  });

  it("choose parameters in the order of the model", () => {
    expect(chooseParameters(model, ["*.bias", "output.weight"])).toEqual([
      "hidden.bias",
      "output.weight",
      "output.bias",
    ]);
    expect(() => chooseParameters(model, ["conv.*"])).toThrow(/No parameter .* fits/);
  });
});

describe("the guessed loss", () => {
  const observer = (home: number[], elsewhere: number[], shape: number[]): OutputObserver => {
    const samples = (values: number[]) =>
      Promise.resolve({ shape, batches: [Float64Array.from(values)], examples: [[0]] });
    return { home: () => samples(home), elsewhere: () => samples(elsewhere) };
  };
  const guess = async (
    outputs: number[],
    labels: number[],
    summary: Omit<LabelSummary, "simplexAxes" | "signs"> & Partial<LabelSummary>,
    probabilities = false,
  ) => {
    const z = new Graph().input("z", "float32", outputs);
    const { loss } = await guessLoss({
      outputs: probabilities ? sigmoid(z) : z,
      labels,
      summary: { simplexAxes: summary.kind === "distribution" ? [1] : [], signs: false, ...summary },
      growingAxes: [],
      modelReadsLabels: false,
      observer: observer([-1, 2], [3, -4], [1, 2]),
      unitAxis: undefined,
      labelsOf: () => [],
      classNames: undefined,
      asked: {},
    });
    return loss.name;
  };

  const whole = (min: number, max: number) => ({ min, max, numbers: { min, max } });

  it("labels that are one number tell nothing of two classes", async () => {
    for (const only of [0, 1]) {
      const summary = { kind: "binary", ...whole(only, only) } as const;
      await expect(guess([2, 1], [2, 1], summary)).rejects.toMatchObject({
        code: "loss-not-clear",
        message: expect.stringContaining(`are only ${only}`),
        hint: expect.stringMatching(/--loss mse; .* --loss bce/),
      });
      await expect(guess([2, 1], [2], { ...summary, kind: "classes" })).rejects.toThrow(/are only/);
      expect(await guess([2, 1], [2, 1], summary, true)).toBe("bce");
    }
    expect(await guess([2, 1], [2, 1], { kind: "real", min: 0.5, max: 0.5 })).toBe("mse");
  });

  it("is the only one that fits", async () => {
    expect(await guess([2, 10], [2], { kind: "classes", classes: 10, ...whole(0, 9) })).toBe("cross-entropy");
    expect(await guess([2, 5, 7], [2, 5], { kind: "classes", classes: 7, ...whole(0, 6) })).toBe("cross-entropy");
    expect(await guess([2, 3], [2, 3], { kind: "distribution", classes: 3, min: 0, max: 1 })).toBe("cross-entropy");
    expect(await guess([2, 1], [2], { kind: "classes", classes: 2, ...whole(0, 1) })).toBe("bce");
    expect(await guess([2, 4], [2, 4], { kind: "binary", ...whole(0, 1) })).toBe("bce");
    expect(await guess([2, 1], [2], { kind: "binary", ...whole(0, 1) })).toBe("bce");
    expect(await guess([2, 1], [2], { kind: "real", ...whole(0, 9) })).toBe("mse");
    expect(await guess([2, 2], [2], { kind: "binary", ...whole(0, 1) })).toBe("cross-entropy");
    expect(await guess([2, 10], [2], { kind: "real", ...whole(0, 9) })).toBe("cross-entropy");
    expect(await guess([2, 10], [2], { kind: "real", min: -100, max: 9, numbers: { min: 0, max: 9 } })).toBe(
      "cross-entropy",
    );
    expect(await guess([2, 3, 5, 5], [2, 5, 5], { kind: "real", ...whole(0, 2) })).toBe("cross-entropy");
    expect(await guess([2, 3], [2, 3], { kind: "real", ...whole(0, 9) })).toBe("mse");
    expect(await guess([2, 1], [2], { kind: "real", min: 0.1, max: 0.9 }, true)).toBe("bce");
    expect(await guess([2, 3], [2, 3], { kind: "real", min: -2, max: 5 })).toBe("mse");
    expect(await guess([], [2], { kind: "real", min: -2, max: 5 })).toBe("output");
  });

  it("is refused where none fits", async () => {
    await expect(guess([2, 10], [2], { kind: "classes", classes: 18, ...whole(0, 17) })).rejects.toThrow(/10 outputs/);
    await expect(guess([2, 10], [2], { kind: "real", ...whole(0, 10) })).rejects.toThrow(/classes 0 to 9/);
    await expect(guess([2, 1], [2], { kind: "classes", classes: 10, ...whole(0, 9) })).rejects.toThrow(
      /cannot be told/,
    );
    await expect(guess([2, 10], [2], { kind: "real", min: 0.5, max: 9 })).rejects.toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/whole numbers from 0 to 9/) }),
    );
    await expect(guess([2, 10], [2, 3], { kind: "real", min: 0, max: 9 })).rejects.toThrow(/cannot be told/);
  });
});

describe("batches and lanes", () => {
  const choose = (question: Partial<BatchQuestion>) =>
    chooseBatches({ examples: 1000, perExample: 10, parameters: 5000, threads: 1, coupling: undefined, ...question });

  it("cuts the examples evenly", () => {
    expect(choose({})).toEqual({ batchSize: 1000, lanes: 1, isWhole: false });
    expect(choose({ perExample: 2 ** 22 / 400 })).toEqual({ batchSize: 334, lanes: 1, isWhole: false });
    expect(choose({ perExample: 2 ** 19 })).toEqual({ batchSize: 32, lanes: 1, isWhole: false });
    expect(choose({ examples: 3, perExample: 2 ** 30 })).toEqual({ batchSize: 1, lanes: 1, isWhole: false });
  });

  it("gives every lane as many batches, where there is enough to do", () => {
    expect(choose({ threads: 2 })).toEqual({ batchSize: 1000, lanes: 1, isWhole: false });
    expect(choose({ threads: 2, perExample: 2000 })).toEqual({ batchSize: 500, lanes: 2, isWhole: false });
    expect(choose({ threads: 2, perExample: 2 ** 22 / 400 })).toEqual({ batchSize: 250, lanes: 2, isWhole: false });
    expect(choose({ threads: 16, perExample: 2000 })).toEqual({ batchSize: 250, lanes: 4, isWhole: false });
    expect(choose({ threads: 2, perExample: 2000, parameters: 1e6 })).toEqual({
      batchSize: 1000,
      lanes: 1,
      isWhole: false,
    });
    expect(choose({ threads: 2, perExample: 2000, asked: 100 })).toEqual({ batchSize: 100, lanes: 2, isWhole: false });
    expect(choose({ threads: 2, perExample: 2000, asked: 1000 })).toEqual({ batchSize: 500, lanes: 2, isWhole: false });
  });

  it("opens one engine for so many nodes that to call them takes longer than to compute them", () => {
    expect(choose({ threads: 2, perExample: 2000, nodes: 400 })).toMatchObject({ batchSize: 500, lanes: 2 });
    expect(choose({ threads: 2, perExample: 2000, nodes: 1000 })).toMatchObject({ batchSize: 1000, lanes: 1 });
  });

  it("cuts so many nodes into batches of one size, where twice as many of them at most have one", () => {
    const deep = { nodes: 1e6, perExample: 2 ** 22 / 400 };
    expect(choose({ ...deep, examples: 1000 })).toMatchObject({ batchSize: 250, lanes: 1 });
    expect(choose({ ...deep, examples: 800 })).toMatchObject({ batchSize: 400 });
    // A prime number of examples.
    expect(choose({ ...deep, examples: 997 })).toMatchObject({ batchSize: 333 });
  });

  it("leaves alone what may not be cut otherwise", () => {
    expect(choose({ threads: 2, perExample: 2000, fixed: 1000 })).toEqual({
      batchSize: 1000,
      lanes: 1,
      isWhole: false,
    });
    expect(choose({ threads: 2, perExample: 2000, fixed: 250 })).toEqual({ batchSize: 250, lanes: 2, isWhole: false });
    expect(choose({ threads: 2, perExample: 2000, asked: 1000, coupling: { isMean: false } })).toEqual({
      batchSize: 1000,
      lanes: 1,
      isWhole: false,
    });
    expect(choose({ threads: 2, perExample: 2000, coupling: { isMean: false } })).toMatchObject({
      batchSize: 1000,
      lanes: 1,
      isWhole: true,
    });
    expect(choose({ threads: 2, perExample: 2000, asked: 250, coupling: { isMean: false } })).toMatchObject({
      batchSize: 250,
      lanes: 2,
    });
    expect(() => choose({ perExample: 2 ** 20, coupling: { isMean: false } })).toThrow(/too many for one/);
    expect(choose({ perExample: 2 ** 20, coupling: { isMean: true } })).toMatchObject({
      batchSize: 16,
      isWhole: false,
    });
  });
});

describe("other weights", () => {
  const weights = (shapes: Record<string, number[]>, fill = 1) => {
    const tensors = Object.entries(shapes).map(([name, shape]) => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(fill);
      return [name, { dtype: "float32" as const, shape, data }] as const;
    });
    return readSafetensors(bytesSource("w.safetensors", encodeSafetensors(tensors)));
  };
  const all = { "hidden.weight": [32, 64], "hidden.bias": [32], "output.weight": [10, 32], "output.bias": [10] };

  it("replace the model's, by name", () => {
    const replaced = replaceWeights(model, weights(all), "w.safetensors");
    expect(replaced.leftOut).toEqual([]);
    expect(replaced.kept).toEqual([]);
    for (const { data } of replaced.model.parameters) expect(new Set(data)).toEqual(new Set([1]));
    expect(new Set(model.parameters[0].data).size).toBeGreaterThan(1);
  });

  it("keep the digits of a float64 file, though the model is float32", () => {
    const tensors = Object.entries(all).map(([name, shape]) => {
      const data = new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(0.1);
      return [name, { dtype: "float64" as const, shape, data }] as const;
    });
    const file = readSafetensors(bytesSource("w.safetensors", encodeSafetensors(tensors)));
    const { model: replaced } = replaceWeights(model, file, "w.safetensors");
    for (const { data } of replaced.parameters) expect(new Set(data)).toEqual(new Set([0.1]));
    expect(defaultPrecision(replaced)).toBe("float32");
  });

  it("must be complete, of the right shape and finite", () => {
    expect(() => replaceWeights(model, weights({ "hidden.bias": [32] }), "w")).toThrow(
      /lacks 3 of the 4 parameters of/,
    );
    expect(() => replaceWeights(model, weights({ ...all, "hidden.bias": [31] }), "w")).toThrow(
      /\[31\] in w, but \[32\]/,
    );
    expect(() => replaceWeights(model, weights(all, Number.NaN), "w")).toThrow(/holds NaN/);
  });
});

describe("a checkpoint without the statistics of its normalisations", () => {
  const folder = mkdtempSync(join(tmpdir(), "thalweg-statistics-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = fileURLToPath(new URL("../../test/reference/resnet8-digits/model.onnx", import.meta.url));
  const data = fileURLToPath(new URL("../../test/reference/resnet8-digits/data.npz", import.meta.url));
  const { model: network } = loadModel(file);

  const warnings = async (names: readonly string[], bn?: "training") => {
    const tensors = names.flatMap((name) => {
      const tensor = network.tensors.get(name)?.tensor;
      return tensor ? [[name, tensor] as const] : [];
    });
    const weights = join(folder, "w.safetensors");
    writeFileSync(weights, encodeSafetensors(tensors));
    const loaded = await loadProblem(file, { data, limit: 8, weights, bn });
    await loaded.close();
    return loaded.warnings.filter((warning) => warning.includes("of normalisation"));
  };
  const parameters = network.parameters.map(({ name }) => name);
  const statistics = network.statistics.map(({ name }) => name);

  it("is measured with those of the file, and says so", async () => {
    expect(statistics.length).toBeGreaterThan(1);
    expect(await warnings([...parameters, ...statistics])).toEqual([]);
    expect(await warnings([...parameters, ...statistics.slice(1)])).toEqual([
      expect.stringMatching(/^1 statistic of normalisation is not in the checkpoint/),
    ]);
    const [all] = await warnings(parameters);
    expect(all).toMatch(new RegExp(`^${statistics.length} statistics of normalisation are not in`));
  });

  it("says nothing where the statistics of each batch are taken", async () => {
    expect(await warnings(parameters, "training")).toEqual([]);
  });
});

describe("the cost", () => {
  it("counts multiply–adds of matrix products", () => {
    const { outputs } = importGraph(model, new Graph(), { precision: "float32", batch: 3 });
    expect(multiplyAdds([...outputs.values()])).toBe(3 * (64 * 32 + 32 * 10));
  });

  it("counts convolutions by group, adjoint ones like their own, transposed products alike, and nothing else", () => {
    const graph = new Graph();
    const input = (name: string, shape: Shape) => graph.input(name, "float64", shape);
    const geometry = { strides: [2, 2], before: [0, 0], after: [0, 0], dilations: [1, 1], group: 2 };
    const kernels = input("w", [6, 2, 3, 3]);
    const image = conv(input("x", [5, 4, 9, 9]), kernels, geometry);
    expect(image.shape).toEqual([5, 6, 4, 4]);
    expect(multiplyAdds([image])).toBe(5 * 6 * 4 * 4 * (2 * 3 * 3));
    expect(multiplyAdds([convInput(input("g", image.shape), kernels, geometry, [9, 9])])).toBe(multiplyAdds([image]));
    expect(multiplyAdds([convWeight(input("z", [5, 4, 9, 9]), input("h", image.shape), geometry, [3, 3])])).toBe(
      multiplyAdds([image]),
    );
    const flags = { transposeA: true, transposeB: true };
    expect(multiplyAdds([matmul(input("a", [7, 2, 3]), input("b", [5, 2]), flags)])).toBe(7 * 3 * 2 * 5);
    const [fused] = fuseGemm([add(matmul(input("c", [2, 3]), input("d", [3, 4])), input("e", [4]))]);
    expect(reachable([fused]).map(({ operation }) => operation.name)).toContain("Gemm");
    expect(multiplyAdds([fused])).toBe(2 * 3 * 4);
    expect(multiplyAdds([add(image, 1)])).toBe(multiplyAdds([image]));
  });
});
