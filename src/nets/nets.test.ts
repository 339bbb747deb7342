import { describe, expect, it } from "vitest";
import { Graph } from "../graph/graph.ts";
import { decodeModel } from "../onnx/decode-model.ts";
import { importGraph } from "../onnx/import-graph.ts";
import { createRandom } from "../random/random-stream.ts";
import { INITIALIZATIONS } from "./initializations/registry.ts";
import { orthogonal } from "./initializations/orthogonal.ts";
import { isNetName, makeNet } from "./make-net.ts";
import { NETS } from "./registry.ts";

const HIDDEN = { first: false, last: false };
const modelOf = (name: string) => decodeModel(makeNet(name), { file: name });

describe("every built-in network", () => {
  it.each(NETS.flatMap(({ examples }) => examples))(
    "%s is read as a file: every tensor that trains is a parameter",
    (name) => {
      const model = modelOf(name);
      expect(model.notices).toEqual([]);
      expect(model.parameters.filter(({ open }) => open)).toEqual([]);
      expect(model.parameters.every((each) => /\.(weight|bias)$/.test(each.name))).toBe(true);
      expect(model.statistics.every((each) => /\.running_(mean|var)$/.test(each.name))).toBe(true);
      const named = [...model.tensors.keys()].filter((each) => /\.(weight|bias)$/.test(each));
      expect(model.parameters.map((each) => each.name).toSorted()).toEqual(named.toSorted());
      const { outputs } = importGraph(model, new Graph(), { precision: "float32", batch: 3 });
      expect(outputs.get("output")?.shape[0]).toBe(3);
    },
  );

  it.each([
    ["mlp:64-32-10:tanh", 2410, ["0.weight", "0.bias", "2.weight", "2.bias"]],
    ["mlp:1x8x8-32-10", 2410, ["1.weight", "1.bias", "3.weight", "3.bias"]],
    ["deep-linear:4-2-4", 16, ["0.weight", "1.weight"]],
    // LeNet-5 with full connections, and ResNet-20 of He 2016 (0.27 M) with projections.
    ["lenet", 61_706, ["conv1.weight", "conv1.bias"]],
    // ConvBase of the MNIST-1D benchmark.
    ["strided:1x40:25-25-25-10", 5210, ["conv1.weight", "conv1.bias", "conv2.weight"]],
    ["resnet20", 272_474, ["conv1.weight", "bn1.weight"]],
  ])("%s has the parameters of PyTorch's: %i", (name, count, first) => {
    const { parameters } = modelOf(name);
    expect(parameters.reduce((sum, { data }) => sum + data.length, 0)).toBe(count);
    expect(parameters.map((each) => each.name).slice(0, first.length)).toEqual(first);
  });
});

describe("sizes", () => {
  it("may be those of long examples", () => {
    expect(modelOf("mlp:1000000-2-2").parameters.map(({ data }) => data.length)).toEqual([2_000_000, 2, 4, 2]);
  });

  it.each(["mlp:65536-65536-2", "deep-linear:16777216-16777216", "gpt:10-65536-1-1-1", "cnn:16777216x8x8:16777216-2"])(
    "%s are refused before the tensor that is too large is drawn",
    (name) => {
      expect(() => makeNet(name)).toThrow(/larger than an ONNX file of one piece: it may have 400000000 parameters/);
    },
  );
});

describe("the name of a network", () => {
  it("is the whole of it: the same name, the same bytes", () => {
    const name = "mlp:5-4-3:orthogonal@2";
    expect(makeNet(name)).toEqual(makeNet(name));
    expect(makeNet("mlp:5-4-3:orthogonal@3")).not.toEqual(makeNet(name));
    expect(makeNet("mlp:5-4-3:he")).not.toEqual(makeNet("mlp:5-4-3:lecun"));
  });

  it("draws each weight by its own name: a layer more leaves the others as they were", () => {
    const [short, long] = ["mlp:5-4-3", "mlp:5-4-3-2"].map((name) => modelOf(name).parameters);
    expect(long.find(({ name }) => name === "0.weight")?.data).toEqual(
      short.find(({ name }) => name === "0.weight")?.data,
    );
  });

  it.each([
    ["mpl:4-2", /no built-in network "mpl"/, /mlp/],
    ["mlp", /no list of 2 or more sizes/, /mlp:IN/],
    ["mlp:1x0-2", /"1x0" is no image/, /mlp:IN/],
    ["mlp:4-0-2", /no list of 2/, /mlp:IN/],
    ["mlp:4-2:tanhh", /"tanhh" is no activation/, /mlp:IN/],
    ["deep-linear:4-2:tanh", /nothing is known of "tanh"/, /deep-linear:IN/],
    ["gpt:tiny:mup", /mup is not known/, /gpt/],
    ["lenet:1x8x8", /nothing is left of 8×8 pixels/, /lenet/],
    ["cnn:1x8x8:4-4-4-4-10", /nothing is left/, /cnn/],
    ["strided:1x2:4-10", /nothing is left of 2 places behind 1 convolutions/, /strided/],
    ["gpt:65-32-64-5-2", /not shared by 5 heads/, /gpt/],
    ["vit:1x8x8:3-32-4-2-10", /do not fill/, /vit/],
  ])("%s is refused in one sentence", (name, message, hint) => {
    expect(() => makeNet(name)).toThrow(
      expect.objectContaining({
        kind: "input",
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      }),
    );
  });

  it("is none of a file", () => {
    for (const path of ["model.onnx", "a/mlp", "./mlp", "C:\\mlp"]) expect(isNetName(path)).toBe(false);
    for (const name of ["mlp:64-10", "lenet", "gpt:tiny@7"]) expect(isNetName(name)).toBe(true);
  });
});

describe("initialisations", () => {
  const place = { shape: [200, 100], fanIn: 100, fanOut: 200, end: HIDDEN };
  const drawn = (name: string) =>
    INITIALIZATIONS.find((each) => each.name === name)?.draw(place, createRandom(1)) ?? new Float64Array();

  it.each([
    ["he", 2 / 100],
    ["lecun", 1 / 100],
    ["xavier", 2 / 300],
    ["pytorch", 1 / 300],
    ["normal", 4e-4],
    ["zero", 0],
  ])("%s has the variance of its formula", (name, variance) => {
    const elements = drawn(name);
    const square = elements.reduce((sum, x) => sum + x * x, 0) / elements.length;
    // 20000 numbers: the variance is known to 1 % (one standard deviation, of normal ones).
    expect(Math.abs(square - variance)).toBeLessThanOrEqual(0.04 * variance);
  });

  it.each([
    [3, 7],
    [7, 3],
  ])("orthogonal: of %i × %i, the fewer are orthonormal", (rows, columns) => {
    const w = orthogonal.draw({ shape: [rows, columns], fanIn: columns, fanOut: rows, end: HIDDEN }, createRandom(3));
    const few = Math.min(rows, columns);
    const at = (i: number, k: number) => (rows <= columns ? w[i * columns + k] : w[k * columns + i]);
    for (let i = 0; i < few; i++)
      for (let j = 0; j < few; j++) {
        let product = 0;
        for (let k = 0; k < Math.max(rows, columns); k++) product += at(i, k) * at(j, k);
        expect(product).toBeCloseTo(i === j ? 1 : 0, 13);
      }
  });

  it("identity passes an image on", () => {
    const elements = INITIALIZATIONS.find(({ name }) => name === "identity")?.draw(
      { shape: [2, 2, 3, 3], fanIn: 18, fanOut: 18, end: HIDDEN },
      createRandom(0),
    );
    expect([...(elements ?? [])].flatMap((x, i) => (x === 0 ? [] : [i]))).toEqual([4, 31]);
  });
});
