import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { takeExamples } from "../src/data/take-examples.ts";
import { bytesSource } from "../src/files/byte-source.ts";
import { readNpz } from "../src/files/npz.ts";
import { filtersOf } from "../src/landscape/filters.ts";
import { lossesAt } from "../src/landscape/losses.ts";
import { normalized } from "../src/landscape/normalize.ts";
import { filterNormalization } from "../src/landscape/normalizations/filter.ts";
import { dot } from "../src/linalg/vector.ts";
import { productOperator } from "../src/operators/problem-operators.ts";
import { hessianProduct } from "../src/problem/derivatives/hessian.ts";
import type { Problem } from "../src/problem/problem.ts";
import { load } from "../src/library/open.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { commandLine, DIGITS, fixture, floats } from "./support/command-line.ts";
import { modelBytes, tensorProto, valueInfo } from "./support/onnx-model.ts";

const { at, npz } = commandLine();

const lenet = fixture("reference/lenet-digits");

function vectorOf({ space }: Problem, path: string): Float64Array {
  return space.flatten(
    new Map([...readNpz(bytesSource(path, readFileSync(path)))].map(([name, each]) => [name, each.read()])),
  );
}

const along = (
  problem: Problem,
  theta: Float64Array,
  vectors: readonly Float64Array[],
  at: readonly (readonly number[])[],
) =>
  lossesAt(
    problem,
    at.length,
    (i) => theta.map((x, j) => vectors.reduce((sum, vector, k) => sum + at[i][k] * vector[j], x)),
    {},
  );

describe("a filter-normalised surface", () => {
  it.each([
    ["float32", 2e-6],
    ["float64", 1e-12],
  ] as const)("is PyTorch's (surfaces/make.py), in %s", async (precision, tolerance) => {
    const expected = z
      .object({ at: z.array(z.number()), loss: z.array(z.array(z.number())), accuracy: z.array(z.array(z.number())) })
      .parse(JSON.parse(readFileSync(fixture("surfaces/lenet-digits.json"), "utf8")));
    await using problem = await load(`${lenet}/model.onnx`, { data: `${lenet}/data.npz`, precision });
    const theta = problem.point.parameters;
    const filters = filtersOf(problem);
    const waves = problem.space.flatten(
      new Map(
        problem.space.tensors.map(({ name, shape, size }) => [
          name,
          { dtype: "float64", shape, data: Float64Array.from({ length: size }, (_, i) => Math.sin(1 + 0.7 * i)) },
        ]),
      ),
    );
    const vectors = [vectorOf(problem, `${lenet}/v.npz`), waves].map((each) =>
      normalized(each, theta, filters, filterNormalization, false),
    );
    const { loss, accuracy } = await along(
      problem,
      theta,
      vectors,
      expected.at.flatMap((y) => expected.at.map((x) => [x, y])),
    );
    expected.loss
      .flat()
      .forEach((each, i) => expect(Math.abs((loss[i] ?? Number.NaN) / each - 1)).toBeLessThan(tolerance));
    // A prediction near a tie may fall to the other side.
    expected.accuracy
      .flat()
      .forEach((each, i) => expect(accuracy?.[i]).toBeCloseTo(each, precision === "float64" ? 12 : 2));
  });

  /** The network with its first layer times a, one factor a unit, and the second layer's weights that read it divided by it. */
  const rescaled = (problem: Problem, theta: Float64Array, factor: (channel: number) => number): Float64Array => {
    const scaled = theta.slice();
    const [w, b, v] = ["0.weight", "0.bias", "3.weight"].map(
      (name) => problem.space.tensors.find((each) => each.name === name) ?? expect.unreachable(),
    );
    for (let i = 0; i < w.size; i++) scaled[w.offset + i] *= factor(Math.floor(i / 9));
    for (let i = 0; i < b.size; i++) scaled[b.offset + i] *= factor(i);
    for (let i = 0; i < v.size; i++) scaled[v.offset + i] /= factor(Math.floor(i / 9) % 6);
    return scaled;
  };

  it.each([
    ["float32", 1e-5],
    ["float64", 1e-10],
  ] as const)(
    "does not change where a layer of rectified units is rescaled, and does where single units are (F6, %s)",
    async (precision, tolerance) => {
      await using problem = await load(`${lenet}/model.onnx`, { data: `${lenet}/data.npz`, precision });
      const theta = problem.point.parameters;
      const filters = filtersOf(problem);
      const raw = [1, 2].map((k) => createRandom(k).normalVector(problem.space.dimension));
      const at = [-1, -0.4, 0, 0.3, 1].flatMap((y) => [-1, 0, 0.7].map((x) => [x, y]));
      const surface = async (weights: Float64Array) =>
        (
          await along(
            problem,
            weights,
            raw.map((each) => normalized(each, weights, filters, filterNormalization, false)),
            at,
          )
        ).loss;
      const [plain, layers, units] = [
        await surface(theta),
        await surface(rescaled(problem, theta, () => 10)),
        await surface(rescaled(problem, theta, (channel) => 2 ** (channel - 2))),
      ];
      const difference = (other: readonly (number | null)[]) =>
        Math.max(...plain.map((each, i) => Math.abs((other[i] ?? Number.NaN) / (each ?? Number.NaN) - 1)));
      expect(difference(layers)).toBeLessThan(tolerance);
      expect(difference(units)).toBeGreaterThan(0.01);
    },
  );
});

describe("a filter-normalised line through an attention layer", () => {
  const shapes = { wq: [6, 6], bq: [2, 1, 3], wk: [6, 6], bk: [6], wv: [6, 6], wo: [6, 6], bo: [6] };
  const names = Object.keys(shapes);
  const wave = (of: (x: number) => number, shape: readonly number[], frequency: number, shift = 0) =>
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => of(frequency * i + shift));

  it("is NumPy's (surfaces/attention.py): heads are whole, offsets are known behind the cut, and the examples' scatter comes with it", async () => {
    const line = z.object({ loss: z.array(z.number()), standardError: z.array(z.number()) });
    const expected = z
      .object({ at: z.array(z.number()), zero: line, include: line })
      .parse(JSON.parse(readFileSync(fixture("surfaces/attention.json"), "utf8")));
    const heads = (from: string, to: string, perm: number[]) => [
      { op: "Reshape", inputs: [from, "cut"], outputs: [`${to}.cut`] },
      { op: "Transpose", inputs: [`${to}.cut`], outputs: [to], attributes: { perm } },
    ];
    const model = modelBytes({
      opset: 17,
      inputs: [valueInfo("x", "double", ["N", 4, 6])],
      outputs: [valueInfo("z", "double", ["N", 4, 6])],
      nodes: [
        { op: "MatMul", inputs: ["x", "wq"], outputs: ["q0"] },
        ...heads("q0", "q1", [0, 2, 1, 3]),
        { op: "Add", inputs: ["q1", "bq"], outputs: ["q"] },
        { op: "MatMul", inputs: ["x", "wk"], outputs: ["k0"] },
        { op: "Add", inputs: ["k0", "bk"], outputs: ["k1"] },
        ...heads("k1", "k", [0, 2, 3, 1]),
        { op: "MatMul", inputs: ["x", "wv"], outputs: ["v0"] },
        ...heads("v0", "v", [0, 2, 1, 3]),
        { op: "MatMul", inputs: ["q", "k"], outputs: ["s0"] },
        { op: "Div", inputs: ["s0", "root"], outputs: ["s1"] },
        { op: "Softmax", inputs: ["s1"], outputs: ["s"], attributes: { axis: -1 } },
        { op: "MatMul", inputs: ["s", "v"], outputs: ["m0"] },
        { op: "Transpose", inputs: ["m0"], outputs: ["m1"], attributes: { perm: [0, 2, 1, 3] } },
        { op: "Reshape", inputs: ["m1", "joined"], outputs: ["m"] },
        { op: "MatMul", inputs: ["m", "wo"], outputs: ["o"] },
        { op: "Add", inputs: ["o", "bo"], outputs: ["z"] },
      ],
      initializers: [
        ...Object.entries(shapes).map(([name, shape], k) =>
          tensorProto(name, "double", shape, wave(Math.sin, shape, 0.7, k)),
        ),
        tensorProto("root", "double", [], [Math.sqrt(3)]),
        tensorProto("cut", "int64", [4], [0, 4, 2, 3]),
        tensorProto("joined", "int64", [3], [0, 4, 6]),
      ],
    });
    writeFileSync(at("attention.onnx"), model);
    const data = npz("attention.npz", {
      x: floats([7, 4, 6], (i) => Math.sin(0.9 * i)),
      y: floats([7, 4, 6], (i) => Math.cos(0.4 * i)),
    });
    await using problem = await load(at("attention.onnx"), { data, loss: "mse" });
    const direction = problem.space.flatten(
      new Map(
        problem.space.tensors.map(({ name, shape }) => [
          name,
          { dtype: "float64", shape, data: Float64Array.from(wave(Math.cos, shape, 1.3, names.indexOf(name))) },
        ]),
      ),
    );
    const theta = problem.point.parameters;
    const filters = filtersOf(problem);
    expect(filterNormalization.notes?.(filters)).toEqual([expect.stringContaining("wq (2), wk (2), wv (2)")]);
    for (const bias of ["zero", "include"] as const) {
      const vector = normalized(direction, theta, filters, filterNormalization, bias === "include");
      const { loss, standardError } = await along(
        problem,
        theta,
        [vector],
        expected.at.map((t) => [t]),
      );
      loss.forEach((each, i) => expect(each, bias).toBeCloseTo(expected[bias].loss[i], 12));
      standardError?.forEach((each, i) => expect(each, bias).toBeCloseTo(expected[bias].standardError[i], 12));
      expect(standardError).toHaveLength(expected.at.length);
    }
  });
});

describe("losses along a plane of a network whose first layer is dense", () => {
  it.each([
    ["float32", 3e-6],
    ["float64", 1e-12],
  ] as const)("are those of the weights there, on the data and on others, in %s", async (precision, tolerance) => {
    await using problem = await load(DIGITS, { data: "digits", limit: 700, precision, batchSize: 256 });
    const origin = problem.point.parameters;
    const vectors = [1, 2].map((k) =>
      createRandom(k)
        .normalVector(problem.space.dimension)
        .map((x) => 0.05 * x),
    );
    const at = [-2, -0.4, 0, 0.3, 1].flatMap((y) => [-1, 0, 0.7].map((x) => [x, y]));
    const weights = (i: number) => origin.map((x, j) => x + at[i][0] * vectors[0][j] + at[i][1] * vectors[1][j]);
    const sample = problem.sampleOf(takeExamples(problem.dataset, Int32Array.of(5, 3, 8)));
    expect(await problem.lossesAlong(origin, vectors)).toBeDefined();
    const parts = (await problem.lossesAlong(origin, vectors, { sample })) ?? expect.unreachable();
    const plain = await lossesAt(problem, at.length, weights, {});
    const coordinatesOf = (i: number) => (i === 3 ? undefined : at[i]);
    const found = await lossesAt(problem, at.length, weights, {}, { origin, vectors, coordinatesOf });
    const apart = (a: number | null, b: number | null) => Math.abs((a ?? Number.NaN) / (b ?? Number.NaN) - 1);
    found.loss.forEach((each, i) => expect(apart(each, plain.loss[i])).toBeLessThan(tolerance));
    found.standardError?.forEach((each, i) =>
      expect(apart(each, plain.standardError?.[i] ?? null)).toBeLessThan(tolerance * 10),
    );
    expect(found.standardError?.[3]).toBe(plain.standardError?.[3]);
    found.accuracy?.forEach((each, i) => expect(each).toBeCloseTo(plain.accuracy?.[i] ?? Number.NaN, 2));
    expect(found.loss[3]).toBe(plain.loss[3]);
    await using there = problem.at(weights(1), { examples: sample });
    expect(apart((await parts.value(there, at[1], {})).loss, (await there.value()).loss)).toBeLessThan(tolerance);
    parts.release();
  });

  it("are those of the weights there where the directions cancel", async () => {
    await using problem = await load(DIGITS, { data: "digits", limit: 200 });
    const origin = problem.point.parameters;
    const far = createRandom(1)
      .normalVector(problem.space.dimension)
      .map((x) => 1e5 * x);
    const vectors = [far, far.map((x, j) => -x + 0.1 * origin[j])];
    const at = [0.25, 0.5, 1].flatMap((x) => [x, x + 1e-6, x - 1e-6].map((y) => [x, y]));
    const weights = (i: number) => origin.map((x, j) => x + at[i][0] * vectors[0][j] + at[i][1] * vectors[1][j]);
    const plain = await lossesAt(problem, at.length, weights, {});
    const found = await lossesAt(problem, at.length, weights, {}, { origin, vectors, coordinatesOf: (i) => at[i] });
    expect(found.loss).toEqual(plain.loss);
  });
});

describe("slices along normal directions", () => {
  it("have the trace of H for mean curvature, within three standard errors (F7)", async () => {
    await using problem = await load(`${lenet}/model.onnx`, { data: `${lenet}/data.npz`, limit: 60 });
    const trace = await exactTrace(problem);
    const operator = productOperator(problem.point, hessianProduct);
    const random = createRandom(11);
    const slices: number[] = [];
    for (let done = 0; done < 1000; done += 20) {
      const block = Array.from({ length: 20 }, () => random.normalVector(problem.space.dimension));
      (await operator.apply(block)).forEach((product, k) => slices.push(dot(block[k], product)));
    }
    const mean = slices.reduce((sum, each) => sum + each, 0) / slices.length;
    const variance = slices.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (slices.length - 1);
    expect(Math.abs(mean - trace)).toBeLessThan(3 * Math.sqrt(variance / slices.length));
  });
});

/** From the whole matrix, column by column. */
async function exactTrace({ point, space }: Problem): Promise<number> {
  const operator = productOperator(point, hessianProduct);
  let trace = 0;
  for (let i = 0; i < space.dimension; i += 22) {
    const units = Array.from({ length: Math.min(22, space.dimension - i) }, (_, k) => {
      const unit = new Float64Array(space.dimension);
      unit[i + k] = 1;
      return unit;
    });
    (await operator.apply(units)).forEach((column, k) => (trace += column[i + k]));
  }
  return trace;
}
