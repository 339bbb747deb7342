import { describe, expect, it } from "vitest";
import { deskOf } from "../../test/support/desk-of.ts";
import { partOf } from "../../test/support/result-with.ts";
import { DEFAULTS } from "../../test/support/reference-case.ts";
import { runtime } from "../../test/support/run-values.ts";
import { adapterArrays, smallTransformer } from "../../test/support/small-transformer.ts";
import { openDataset } from "../data/open-dataset.ts";
import { bytesSource } from "../files/byte-source.ts";
import { encodeNpz } from "../files/npz.ts";
import { layersInstrument } from "../instruments/layers.ts";
import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import { makeNet } from "../nets/make-net.ts";
import { decodeModel } from "../onnx/decode-model.ts";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { Problem } from "../problem/problem.ts";
import { denseHessian } from "./dense-hessian.ts";
import { layersBy } from "./layers-by-role.ts";

const arrays = adapterArrays();
const data = encodeNpz([...arrays].filter(([name]) => name === "x" || name === "y"));

function open(parameters?: readonly string[]): Problem {
  const model = smallTransformer("lora");
  const inputs = model.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  const dataset = openDataset("data.npz", { data: bytesSource("data.npz", data) }, { inputs });
  return Problem.open(model, dataset, runtime, {
    ...DEFAULTS,
    loss: crossEntropy,
    precision: "float64",
    parameters: parameters && [...parameters],
  });
}

const NAMES = smallTransformer("lora").parameters.map(({ name }) => name);

describe("layers by role", () => {
  it("are the tensors that are there for the same, all of them", () => {
    const problem = open();
    const layers = layersBy(problem, "role");
    expect(layers.map(({ name }) => name).toSorted()).toEqual(["FFN", "QK", "VO", "embedding", "head", "norm"]);
    expect(layers.flatMap(({ tensors }) => tensors.map(({ name }) => name)).toSorted()).toEqual(NAMES.toSorted());
    expect(layers.find(({ name }) => name === "QK")?.tensors.every(({ name }) => /\.[qk]\./.test(name))).toBe(true);
  });

  // The whole spectrum of each block, and searches.
  it.each([2000, 0])(
    "have the trace and the largest eigenvalue of their blocks, exact up to %i",
    async (exactLimit) => {
      const problem = open(NAMES.filter((name) => /lora_A|head\.b/.test(name)));
      const n = problem.space.dimension;
      const whole = await deskOf(problem, { exactLimit: 2000 }).get(denseHessian);
      if (!whole) throw new Error("no matrix");
      const desk = deskOf(problem, { top: 1, bottom: 1, layerProbes: 24, layerTop: 12, layersBy: "role", exactLimit });
      const { layers } = await partOf(layersInstrument, desk);
      expect(layers?.map(({ name }) => name).toSorted()).toEqual(["FFN", "QK", "VO", "head"]);
      for (const { tensors } of layersBy(problem, "role")) {
        const places = tensors.flatMap(({ offset, size }) => Array.from({ length: size }, (_, i) => offset + i));
        const block = Float64Array.from(places.flatMap((i) => places.map((j) => whole.matrix[i * n + j])));
        const largest = symmetricEigen(block, places.length, false).values[places.length - 1];
        const trace = places.reduce((sum, i) => sum + whole.matrix[i * n + i], 0);
        const stated = layers?.find((layer) => layer.tensors.includes(tensors[0].label));
        expect(stated?.tensors).toHaveLength(tensors.length);
        expect(Math.abs((stated?.top?.value ?? 0) - largest)).toBeLessThanOrEqual((stated?.top?.residual ?? 0) + 1e-9);
        const error = exactLimit > 0 ? 1e-9 : 6 * (stated?.trace.standardError ?? 0);
        expect(Math.abs((stated?.trace.value ?? 0) - trace)).toBeLessThanOrEqual(error);
      }
      expect(desk.checks.every(({ passed }) => passed)).toBe(true);
      await problem.close();
    },
  );

  it("are refused where nothing has a role", () => {
    const model = decodeModel(makeNet("lenet"), { file: "lenet" });
    const problem = { model, space: open().space };
    expect(() => layersBy(problem, "role")).toThrow(
      expect.objectContaining({ kind: "usage", code: "no-roles", hint: expect.stringContaining("--layers-by") }),
    );
  });
});
