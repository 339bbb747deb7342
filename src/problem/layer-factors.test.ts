import { describe, expect, it } from "vitest";
import { matmul } from "../ops/matmul.ts";
import type { Value } from "../graph/value.ts";
import { ekfac, kfac } from "../library/layered-matrices.ts";
import { mul } from "../ops/arithmetic.ts";
import { pad, sliceAxis } from "../ops/movement.ts";
import { expand } from "../ops/structure.ts";
import { createRandom } from "../random/random-stream.ts";
import { array, buildProblem } from "../../test/support/build-problem.ts";
import { openedNets } from "../../test/support/open-net.ts";
import { gaussNewtonProduct } from "./derivatives/gauss-newton.ts";
import { meanSquaredError } from "./losses/mean-squared-error.ts";
import type { Point } from "./point.ts";

/*
 * Factors against the Gauss–Newton matrix itself where its blocks are Kronecker products (a product of matrices passes the same
 * back for every example), and against sums that are written out here where they are not.
 */

const open = openedNets();
const random = createRandom(3);

function examples(count: number, inputs: readonly number[], outputs: number) {
  const draw = (shape: readonly number[], label: string) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return { dtype: "float64" as const, shape, data: random.split(label).normalVector(size).map(Math.fround) };
  };
  return { x: draw([count, ...inputs], "x"), y: draw([count, outputs], "y") };
}

/** G ⊗ A of every layer against the Gauss–Newton matrix, column by column; the parameters that were in one. */
async function compareBlocks(point: Point): Promise<Set<number>> {
  const { layers } = await point.layerFactors();
  for (const { places, inputs, outputs, rows, columns } of layers)
    for (const [here, at] of places.entries()) {
      const unit = new Float64Array(point.dimension);
      unit[at] = 1;
      const [product] = await point.product(gaussNewtonProduct, [unit]);
      const [row, column] = [Math.floor(here / columns), here % columns];
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < columns; c++) {
          const expected = outputs[r * rows + row] * inputs[c * columns + column];
          expect(product[places[r * columns + c]]).toBeCloseTo(expected, 12);
        }
    }
  return new Set(layers.flatMap(({ places }) => [...places]));
}

describe("layer factors", () => {
  it("are the blocks of the Gauss–Newton matrix where that is a Kronecker product", async () => {
    const { point } = open("deep-linear:4-3-5-2", examples(7, [4], 2));
    const { layers, products } = await point.layerFactors();
    expect(products).toBe(2);
    expect(layers.map(({ rows, columns }) => [rows, columns])).toEqual([
      [3, 4],
      [5, 3],
      [2, 5],
    ]);
    const seen = await compareBlocks(point);
    expect(seen.size).toBe(point.dimension);
  });

  it("of a layer with a bias are the means of (x, 1)(x, 1)ᵀ and of what tanh passes back", async () => {
    const count = 9;
    const data = examples(count, [3], 2);
    const { point, space } = open("mlp:3-4-2:tanh", data);
    const { layers } = await point.layerFactors();
    const theta = point.parameters;
    const tensorOf = (i: number) =>
      theta.subarray(space.tensors[i].offset, space.tensors[i].offset + space.tensors[i].size);
    const [first, bias, second] = [0, 1, 2].map(tensorOf);
    const [layer] = layers;
    // PyTorch's order: weight [units, inputs].
    for (let r = 0; r < 4; r++)
      for (let c = 0; c < 4; c++)
        expect(layer.places[r * 4 + c]).toBe(space.tensors[c < 3 ? 0 : 1].offset + (c < 3 ? r * 3 + c : r));
    const inputs = new Float64Array(16);
    const outputs = new Float64Array(16);
    for (let n = 0; n < count; n++) {
      const x = [...data.x.data.subarray(3 * n, 3 * n + 3), 1];
      const slopes = Array.from({ length: 4 }, (_, r) => {
        const sum = x.reduce((total, each, c) => total + each * (c < 3 ? first[r * 3 + c] : bias[r]), 0);
        return 1 - Math.tanh(sum) ** 2;
      });
      for (let i = 0; i < 4; i++)
        for (let j = 0; j < 4; j++) {
          inputs[4 * i + j] += (x[i] * x[j]) / count;
          // ∂²ℓ/∂z² of the mean over two outputs is 1.
          for (let k = 0; k < 2; k++)
            outputs[4 * i + j] += (second[k * 4 + i] * slopes[i] * second[k * 4 + j] * slopes[j]) / count;
        }
    }
    layer.inputs.forEach((each, i) => expect(each).toBeCloseTo(inputs[i], 12));
    layer.outputs.forEach((each, i) => expect(each).toBeCloseTo(outputs[i], 12));
  });

  it("know units whose weights are multiplied first, as a normalisation behind them does", async () => {
    const { x, y } = examples(6, [3], 2);
    const draw = (name: string, shape: readonly number[]) =>
      array(shape, random.split(name).normalVector(shape.reduce((product, extent) => product * extent, 1)));
    const problem = buildProblem({
      x: { ...x, dtype: "float64" },
      y: { ...y, dtype: "float64" },
      parameters: { w: draw("w", [3, 4]), s: draw("s", [1, 4]), v: draw("v", [2, 4]) },
      build: (given, { w, s, v }) => matmul(matmul(given, mul(w, s)), v, { transposeB: true }),
      loss: meanSquaredError,
    });
    try {
      const { tensors } = problem.space;
      const seen = await compareBlocks(problem.point);
      expect(tensors.map(({ name, offset }) => [name, seen.has(offset)])).toEqual(
        tensors.map(({ name }) => [name, name !== "s"]),
      );
    } finally {
      await problem.close();
    }
  });

  it.each([
    ["picked", { shape: [6, 3], first: true, move: (w: Value) => sliceAxis(w, 0, 1, 5) }],
    ["filled up", { shape: [3, 3], first: false, move: (w: Value) => pad(w, [1, 0], [0, 0]) }],
    ["shifted with nothing behind", { shape: [4, 3], first: false, move: (w: Value) => pad(w, [1, 0], [-1, 0]) }],
    ["repeated for every unit", { shape: [1, 3], first: false, move: (w: Value) => expand(w, [4, 3]) }],
    ["repeated for every input", { shape: [4, 1], first: false, move: (w: Value) => expand(w, [4, 3]) }],
  ] as const)("take weights that are %s for what they are", async (_, { shape, first, move }) => {
    const { x, y } = examples(6, [3], 2);
    const draw = (name: string, extents: readonly number[]) =>
      array(extents, random.split(name).normalVector(extents.reduce((product, extent) => product * extent, 1)));
    const problem = buildProblem({
      x: { ...x, dtype: "float64" },
      y: { ...y, dtype: "float64" },
      parameters: { w: draw("w", shape), v: draw("v", [2, 4]) },
      build: (given, { w, v }) => matmul(matmul(given, move(w), { transposeB: true }), v, { transposeB: true }),
      loss: meanSquaredError,
    });
    try {
      const { layers } = await problem.point.layerFactors();
      const places = layers.map((layer) => layer.places);
      for (const each of places) expect(new Set(each).size).toBe(each.length);
      expect(places.map((each) => Math.min(...each))).toEqual(first ? [3, 18] : [problem.space.tensors[1].offset]);
      await compareBlocks(problem.point);
    } finally {
      await problem.close();
    }
  });

  it("are none where no weight is that of a layer", async () => {
    const { x } = examples(6, [3], 2);
    const problem = buildProblem({
      x: { ...x, dtype: "float64" },
      y: { ...x, dtype: "float64" },
      parameters: { w: array([3, 3], random.split("chained").normalVector(9)) },
      build: (given, { w }) => matmul(matmul(given, w, { transposeB: true }), w),
      loss: meanSquaredError,
    });
    try {
      const { point } = problem;
      for (const sharing of ["expand", "reduce"] as const)
        expect(await point.layerFactors({}, sharing)).toEqual({ layers: [], products: 0 });
      const diagonal = await point.gaussNewtonDiagonal();
      const unit = (at: number) => Float64Array.from({ length: 9 }, (_, i) => Number(i === at));
      const [column] = await point.product(gaussNewtonProduct, [unit(4)]);
      expect(diagonal[4]).toBeCloseTo(column[4], 12);
      for (const matrix of [await kfac(point), await ekfac(point)])
        expect((await matrix.apply([unit(4)]))[0]).toEqual(unit(4).map((x) => x * diagonal[4]));
    } finally {
      await problem.close();
    }
  });

  it("of a convolution are means over the places, too", async () => {
    const count = 3;
    const data = examples(count, [2, 6, 6], 3);
    const { point } = open("cnn:2x6x6:4-3", data);
    const { layers } = await point.layerFactors();
    const [convolution] = layers;
    const columns = 2 * 9 + 1;
    expect([convolution.rows, convolution.columns]).toEqual([4, columns]);
    const inputs = new Float64Array(columns * columns);
    const pixel = (n: number, channel: number, i: number, j: number) =>
      i < 0 || j < 0 || i > 5 || j > 5 ? 0 : data.x.data[((n * 2 + channel) * 6 + i) * 6 + j];
    for (let n = 0; n < count; n++)
      for (let place = 0; place < 36; place++) {
        const patch = Array.from({ length: 18 }, (_, k) =>
          pixel(n, Math.floor(k / 9), Math.floor(place / 6) + Math.floor((k % 9) / 3) - 1, (place % 6) + (k % 3) - 1),
        );
        [...patch, 1].forEach((a, i) =>
          [...patch, 1].forEach((b, j) => (inputs[i * columns + j] += (a * b) / (36 * count))),
        );
      }
    convolution.inputs.forEach((each, i) => expect(each).toBeCloseTo(inputs[i], 11));
  });

  it("leaves out what is no layer: gains and shifts of a normalisation", async () => {
    const { point } = open("resnet8:1x8x8:3", examples(4, [1, 8, 8], 3));
    const { layers } = await point.layerFactors();
    const inLayers = new Set(layers.flatMap(({ places }) => [...places]));
    const { tensors } = point.space;
    for (const { name, offset, shape } of tensors)
      expect([name, inLayers.has(offset)]).toEqual([name, shape.length > 1 || name === tensors.at(-1)?.name]);
  });
});
