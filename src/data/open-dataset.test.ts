import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../files/byte-source.ts";
import { encodeNpy } from "../files/npy-writer.ts";
import { encodeNpz } from "../files/npz.ts";
import { encodeSafetensors } from "../files/safetensors.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { type Tensor, tensor } from "../util/tensor.ts";
import { BUILT_IN_SETS } from "./built-in-sets.ts";
import type { DatasetOptions } from "./dataset.ts";
import { digits } from "./digits.ts";
import { chooseIdxFiles } from "./idx-folder.ts";
import { summarizeLabels, withClassNumbers } from "./labels.ts";
import { mnist1d } from "./mnist1d.ts";
import { openDataset } from "./open-dataset.ts";

const file = (path: string) =>
  bytesSource(path, readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url))));
const f32 = (shape: number[], ...values: number[]) => tensor("float32", shape, Float32Array.from(values));
const f64 = (shape: number[], ...values: number[]) => tensor("float64", shape, Float64Array.from(values));
const i64 = (shape: number[], ...values: number[]) => tensor("int64", shape, Float64Array.from(values));
const npz = (arrays: Record<string, Tensor>) => ({
  data: bytesSource("d.npz", encodeNpz(Object.entries(arrays))),
});
const csv = (text: string) => ({ data: bytesSource("d.csv", new TextEncoder().encode(text)) });
const open = (arrays: Record<string, Tensor>, options?: DatasetOptions) => openDataset("d.npz", npz(arrays), options);

const x = f32([3, 2], 1, 2, 3, 4, 5, 6);
const y = i64([3], 0, 1, 2);

describe("an example whose axes are others than the model's", () => {
  const told = (found: number[], asked: number[]) => {
    const numbers = Array.from({ length: 128 }, (_, i) => i);
    const dataset = open(
      { x: f32([2, ...found], ...numbers), y: i64([2], 0, 1) },
      { inputs: [{ name: "x", dtype: "float32", shape: ["N", ...asked] }] },
    );
    const { shape, data } = dataset.batch(0, 2).inputs.x;
    expect(shape).toEqual([2, ...asked]);
    expect([...data]).toEqual(numbers);
    return { notes: dataset.notes, warnings: dataset.warnings };
  };

  test("is fed as it lies, with a warning where the model has one axis and the file several", () => {
    const { notes, warnings } = told([1, 8, 8], [64]);
    expect(notes).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/takes examples of shape \[64\].* x, \[1, 8, 8\].*another order/)]);
  });

  test("is fed as it lies, with a note where the file has one axis and the model several", () => {
    const { notes, warnings } = told([64], [1, 8, 8]);
    expect(notes).toEqual([expect.stringMatching(/takes examples of shape \[1, 8, 8\].* x, \[64\]/)]);
    expect(warnings).toEqual([]);
  });

  test.each([
    [
      [8, 8],
      [1, 8, 8],
    ],
    [[64], [1, 64]],
    [[1, 64], [64]],
    [[64], [64]],
  ])("needs no word where axes of length one come and go: %j for %j", (found, asked) => {
    expect(told(found, asked)).toEqual({ notes: [], warnings: [] });
  });
});

describe("built-in sets", () => {
  const opened = (set: (typeof BUILT_IN_SETS)[number], options?: DatasetOptions) =>
    openDataset(set.name, { builtIn: set, asset: file(`assets/${set.asset}`) }, options);

  test("digits: the first images as scikit-learn and PyTorch see them", () => {
    const dataset = opened(digits);
    expect(dataset.examples).toBe(1797);
    const { inputs, y: labels } = dataset.batch(0, 1797);
    expect([...inputs.x.data.subarray(0, 8)]).toEqual([0, 0, 5, 13, 9, 1, 0, 0].map((grey) => grey / 16));
    expect(Array.from(inputs.x.data).reduce((sum, value) => sum + value, 0) * 16).toBe(561718);
    expect([...labels.data.subarray(0, 12)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    expect(summarizeLabels(dataset)).toMatchObject({ kind: "classes", classes: 10, min: 0, max: 9 });
    expect(dataset.sha256()).toBe(
      createHash("sha256")
        .update(readFileSync(fileURLToPath(new URL("../../assets/digits.csv.gz", import.meta.url))))
        .digest("hex"),
    );
  });

  test("the first examples of one class alone are no sample, and that is said", () => {
    const x = f32([6, 1], 0, 1, 2, 3, 4, 5);
    const warned = (labels: Tensor, limit?: number) => openDataset("d.npz", npz({ x, y: labels }), { limit }).warnings;
    expect(warned(i64([6], 0, 0, 0, 1, 1, 1), 3)).toEqual([
      expect.stringMatching(/^The first 3 of 6 examples.* all have the label 0 in y, and later ones have others/),
    ]);
    expect(warned(i64([6], 0, 0, 0, 1, 1, 1), 4)).toEqual([]);
    expect(warned(i64([6], 0, 0, 0, 1, 1, 1))).toEqual([]);
    expect(warned(i64([6], 2, 2, 2, 2, 2, 2), 3)).toEqual([]);
  });

  test("digits take the shape and type of a convolutional float64 model", () => {
    const { inputs } = opened(digits, {
      inputs: [{ name: "image", dtype: "float64", shape: ["N", 1, 8, 8] }],
      limit: 5,
    }).batch(3, 5);
    expect(inputs.image).toMatchObject({ dtype: "float64", shape: [2, 1, 8, 8] });
  });

  test("mnist1d: 4000 to train, 1000 to test", () => {
    expect(opened(mnist1d).examples).toBe(4000);
    const all = opened(mnist1d, { split: "all" });
    expect(all.examples).toBe(5000);
    expect(opened(mnist1d, { split: "test" }).batch(0, 1000)).toEqual(all.batch(4000, 5000));
    const counts = new Array<number>(10).fill(0);
    for (const label of all.y(0, 5000).data) counts[label]++;
    expect(counts).toEqual(new Array<number>(10).fill(500));
    expect(() => opened(mnist1d, { split: "validation" })).toThrow(
      expect.objectContaining({
        kind: "usage",
        message: expect.stringContaining("train, test, all"),
      }),
    );
  });

  test.each(BUILT_IN_SETS)("$name says where it comes from", (set) => {
    expect(set.licence).toMatch(/CC BY 4\.0|Apache-2\.0/);
    expect(file("assets/README.md").read(0, file("assets/README.md").size).length).toBeGreaterThan(0);
    expect(new TextDecoder().decode(file("assets/README.md").read(0, file("assets/README.md").size))).toContain(
      set.asset,
    );
  });
});

describe("arrays find their inputs", () => {
  test("x feeds the only input of any name; other arrays are left alone", () => {
    const dataset = open({ x, y, ids: y }, { inputs: [{ name: "input.1" }] });
    expect(dataset.batch(1, 3)).toEqual({
      inputs: { "input.1": f32([2, 2], 3, 4, 5, 6) },
      y: i64([2], 1, 2),
    });
    expect(open({ x, y, ids: y }).inputs.map(({ name }) => name)).toEqual(["x"]);
  });

  test("several inputs by name, tokens as whole numbers", () => {
    const dataset = open(
      { tokens: f32([3, 1], 5, 6, 7), "/mask": tensor("bool", [3, 1], Uint8Array.of(1, 0, 1)), y },
      {
        inputs: [
          { name: "/mask", dtype: "float32" },
          { name: "tokens", dtype: "int64" },
        ],
      },
    );
    expect(dataset.batch(0, 2).inputs).toEqual({
      "/mask": f32([2, 1], 1, 0),
      tokens: i64([2, 1], 5, 6),
    });
    expect(() =>
      open({ x: f32([1, 1], 0.5), y: i64([1], 0) }, { inputs: [{ name: "t", dtype: "int64" }] }).batch(0, 1),
    ).toThrow(
      expect.objectContaining({
        code: "not-integers",
        message: expect.stringContaining("0.5 in row 0, column 0"),
      }),
    );
  });

  test("an array that an input owns by name is not the labels where another array may be", () => {
    const inputs = ["x", "y"].map((name) => ({ name, dtype: "float32" as const }));
    const wide = f32([3, 2], 6, 5, 4, 3, 2, 1);
    for (const name of ["labels", "label", "target", "targets", "t", "Labels"]) {
      const dataset = open({ x, y: wide, [name]: y }, { inputs });
      expect([...dataset.batch(0, 3).y.data]).toEqual([0, 1, 2]);
      expect([...dataset.batch(0, 3).inputs.y.data]).toEqual([6, 5, 4, 3, 2, 1]);
      expect(dataset.modelReadsLabels ?? false).toBe(false);
      expect(dataset.notes).toContainEqual(expect.stringContaining(`The array ${name} was taken for the labels`));
    }
    const asked = open({ x, label: wide, target: y }, { inputs: [{ name: "x" }, { name: "label" }] });
    expect([...asked.batch(0, 3).y.data]).toEqual([0, 1, 2]);
    const unclear: Record<string, Tensor>[] = [{ labels: y, targets: y }, { classes: y }];
    for (const more of unclear)
      expect(() => open({ x, y: wide, ...more }, { inputs })).toThrow(
        expect.objectContaining({ code: "several-labels", hint: expect.stringContaining("--label") }),
      );
    expect(open({ x, y, extra: f32([2], 1, 2) }, { inputs }).modelReadsLabels).toBe(true);
  });

  test("files apart: whatever their arrays are called", () => {
    const apart = {
      x: bytesSource("x.npy", encodeNpy(x)),
      y: bytesSource("y.csv", new TextEncoder().encode("label\n0\n1\n2\n")),
    };
    expect(openDataset("both", apart).batch(0, 3)).toEqual({ inputs: { x }, y });
    const wrapped = {
      x: bytesSource("a.npz", encodeNpz([["features", x]])),
      y: bytesSource("b.safetensors", encodeSafetensors([["targets", y]])),
    };
    const dataset = openDataset("both", wrapped, { inputs: [{ name: "input" }] });
    expect(dataset.batch(0, 3)).toEqual({ inputs: { input: x }, y });
    const line = (source: { size: number; read(o: number, l: number): Uint8Array }, name: string) =>
      `${createHash("sha256").update(source.read(0, source.size)).digest("hex")}  ${name}\n`;
    expect(dataset.sha256()).toBe(
      createHash("sha256")
        .update(line(wrapped.x, "a.npz") + line(wrapped.y, "b.safetensors"))
        .digest("hex"),
    );
  });

  test("soft labels from a table of their own", () => {
    const dataset = openDataset("both", {
      x: bytesSource("x.npy", encodeNpy(x)),
      y: bytesSource("y.csv", new TextEncoder().encode("0.5,0.5\n1,0\n0,1\n")),
    });
    expect(dataset.y(0, 2)).toEqual(f64([2, 2], 0.5, 0.5, 1, 0));
    expect(summarizeLabels(dataset)).toMatchObject({ kind: "distribution", classes: 2, min: 0, max: 1 });
  });

  test("CSV with one column more than the model takes: it may hold the labels", () => {
    const inputs = [{ name: "x", shape: ["N", 2] }];
    expect(() => openDataset("d.csv", csv("1,2,0\n3,4,1\n"), { inputs })).toThrow(
      expect.objectContaining({ code: "input-shape", hint: expect.stringMatching(/one column more .* --label/) }),
    );
    expect(openDataset("d.csv", csv("1,2,0\n3,4,1\n"), { inputs, label: "-1" }).examples).toBe(2);
  });

  test("CSV with text labels", () => {
    const dataset = openDataset("d.csv", csv("a,b,kind\n1,2,no\n3,4,yes\n"), { label: "kind" });
    expect(dataset.labels.classNames).toEqual(["no", "yes"]);
    expect(dataset.batch(0, 2)).toEqual({
      inputs: { x: f64([2, 2], 1, 2, 3, 4) },
      y: i64([2], 0, 1),
    });
    expect(dataset.notes).toEqual(["The labels no, yes became 0 to 1."]);
  });

  test("IDX: byte images are scaled, labels are not", () => {
    const names = chooseIdxFiles("idx", [
      "train-images-idx3-ubyte.gz",
      "train-labels-idx1-ubyte",
      "t10k-images-idx3-ubyte",
      "t10k-labels-idx1-ubyte",
    ]);
    const dataset = openDataset(
      "idx",
      { x: file(`test/data/idx/${names.x}`), y: file(`test/data/idx/${names.y}`) },
      { inputs: [{ name: "image", shape: [null, 6] }] },
    );
    const { inputs, y: labels } = dataset.batch(1, 2);
    expect(inputs.image).toEqual(f32([1, 6], ...[48, 56, 64, 72, 80, 88].map((byte) => byte / 255)));
    expect(labels).toEqual(i64([1], 1));
    expect(dataset.notes).toHaveLength(1);
    expect(chooseIdxFiles("idx", ["t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"], "test").y).toBe(
      "t10k-labels.idx1-ubyte",
    );
    expect(() => chooseIdxFiles("idx", ["train-images-idx3-ubyte"])).toThrow(
      expect.objectContaining({ code: "no-idx-files", message: expect.stringContaining("labels") }),
    );
  });
});

test.each([
  ["y", "a,b,y\n1,2,0\n3,4,1\n"],
  ["y", "y,a,b\n0,1,2\n1,3,4\n"],
  ["y", '\ufeff"a,1";"b";"y"\r\n1;2;0\r\n3;4;1\r\n'],
  ["y", "a,label,y\n1,2,0\n3,4,1\n"],
  ["Label", "a,b,Label\n1,2,0\n3,4,1\n"],
  ["target", "target,a,b\n0,1,2\n1,3,4\n"],
])("the column %s of a table is the labels without being asked for", (name, text) => {
  const dataset = openDataset("d.csv", csv(text));
  const { inputs, y } = dataset.batch(0, 2);
  expect([...y.data]).toEqual([0, 1]);
  expect([...inputs.x.data]).toEqual([1, 2, 3, 4]);
  expect(dataset.notes.join()).toBe(
    name === "y" ? "" : `The column ${name} was taken for the labels; --label names another.`,
  );
});

test("two columns with names for labels, or one called t, are not guessed", () => {
  expect(() => openDataset("d.csv", csv("a,label,target\n1,2,0\n"))).toThrow(/no labels/);
  expect(() => openDataset("d.csv", csv("a,b,t\n1,2,0\n"))).toThrow(/no labels/);
});

describe("what does not fit is refused by name and place", () => {
  test.each<[string, () => unknown, string, RegExp]>([
    ["different lengths", () => open({ x, y: i64([2], 0, 1) }), "different-lengths", /3 examples in x, but 2 labels/],
    ["no examples", () => open({ x: f32([0, 2]), y: i64([0]) }), "no-examples", /no examples/],
    ["no labels", () => open({ x, z: y }), "missing-array", /no array "y".*x \[3, 2\], z \[3\]/],
    ["the label named does not exist", () => open({ x, y }, { label: "t" }), "missing-array", /no array "t"/],
    [
      "no array for an input",
      () => open({ x, y }, { inputs: [{ name: "a" }, { name: "b" }] }),
      "missing-array",
      /input "a".*x \[3, 2\]/,
    ],
    ["a single number", () => open({ x: f32([], 1), y: i64([1], 0) }), "no-examples", /single number/],
    [
      "a transposed image",
      () =>
        open(
          { x: f32([1, 2, 3, 2], ...new Array<number>(12).fill(0)), y: i64([1], 0) },
          { inputs: [{ name: "x", shape: ["N", 2, 2, 3] }] },
        ),
      "input-shape",
      /\[2, 2, 3\].*\[2, 3, 2\]/,
    ],
    [
      "a wrong width",
      () => open({ x, y }, { inputs: [{ name: "x", shape: [null, 3] }] }),
      "input-shape",
      /\[3\].*\[2\]/,
    ],
    ["CSV without a label", () => openDataset("d.csv", csv("1,2\n3,4")), "missing-array", /no array "y"/],
    ["an empty file", () => openDataset("d", { data: bytesSource("d", new Uint8Array(0)) }), "empty-file", /empty/],
    [
      "unknown bytes",
      () => openDataset("d", { data: bytesSource("d", new Uint8Array(99)) }),
      "unknown-format",
      /none of the known/,
    ],
    [
      "text under the name of an archive",
      () => openDataset("d", { data: bytesSource("d.npz", new TextEncoder().encode("hello\nworld")) }),
      "unknown-format",
      /d\.npz holds text, but its name ends in \.npz/,
    ],
  ])("%s", (_, action, code, message) => {
    expect(action).toThrow(expect.objectContaining({ kind: "input", code, message: expect.stringMatching(message) }));
  });

  test.each([
    ["a,kind\n1,cat\n2,dog", /--label kind\./],
    ["1,cat\n2,dog", /--label 1\./],
    ["a,b\n1,nan", /^Fill in or drop/],
  ])("a column of words may be the labels: %s", (text, hint) => {
    expect(() => openDataset("d.csv", csv(text), { inputs: [{ name: "x" }] })).toThrow(
      expect.objectContaining({ code: "csv-not-a-number", hint: expect.stringMatching(hint) }),
    );
  });

  test.each([0, -1, 1.5, NaN])("a limit of %d", (limit) => {
    expect(() => open({ x, y }, { limit })).toThrow(expect.objectContaining({ kind: "usage", code: "bad-limit" }));
  });

  test("NaN and infinity by row and column of the whole array", () => {
    const bad = (value: number, dtype: "float32" | "float64" = "float32") =>
      open(
        { x: f64([2, 2, 3], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, value, 0), y: f64([2], 0, 1) },
        { inputs: [{ name: "x", dtype }] },
      );
    expect(bad(NaN).batch(0, 1).inputs.x.shape).toEqual([1, 2, 3]);
    expect(() => bad(NaN).batch(1, 2)).toThrow(
      expect.objectContaining({
        code: "not-finite",
        message: "x in d.npz holds NaN in row 1, column (1, 1).",
      }),
    );
    expect(() => bad(-Infinity).batch(0, 2)).toThrow(/-Infinity in row 1/);
    expect(bad(1e300, "float64").batch(0, 2).inputs.x.data[10]).toBe(1e300);
    expect(() => bad(1e300).batch(0, 2)).toThrow(/which float32 cannot hold/);
  });

  test("NaN among the labels", () => {
    expect(() => open({ x, y: f32([3], 0, NaN, 1) }).y(0, 3)).toThrow(/y in d\.npz holds NaN in row 1\./);
  });
});

describe("labels", () => {
  test.each([
    ["integers", i64([3], 0, 4, 1), { kind: "classes", classes: 5, min: 0, max: 4, numbers: { min: 0, max: 4 } }],
    ["signs", i64([3], -1, 1, 1), { kind: "real", min: -1, max: 1, signs: true }],
    [
      "truth values",
      tensor("bool", [3], Uint8Array.of(0, 1, 1)),
      { kind: "classes", classes: 2, min: 0, max: 1, numbers: { min: 0, max: 1 } },
    ],
    ["zeros and ones as floats", f32([3], 0, 1, 1), { kind: "binary", min: 0, max: 1, numbers: { min: 0, max: 1 } }],
    ["whole numbers as floats", f32([3], 2, 9, 1), { kind: "real", min: 1, max: 9, numbers: { min: 1, max: 9 } }],
    ["numbers", f32([3], 0.25, 1, 3), { kind: "real", min: 0.25, max: 3 }],
    [
      "one-hot rows",
      f32([3, 2], 0, 1, 1, 0, 0, 1),
      { kind: "distribution", classes: 2, min: 0, max: 1, numbers: { min: 0, max: 1 }, simplexAxes: [1] },
    ],
    [
      "one-hot rows of integers",
      i64([3, 2], 0, 1, 1, 0, 0, 1),
      { kind: "classes", classes: 2, min: 0, max: 1, numbers: { min: 0, max: 1 }, simplexAxes: [1] },
    ],
    [
      "distributions at positions",
      f32([3, 2, 2], 0.5, 1, 0.5, 0, 0.25, 1, 0.75, 0, 0, 0, 1, 1),
      { kind: "real", min: 0, max: 1, simplexAxes: [1] },
    ],
    [
      "several truth values a row",
      f32([3, 2], 1, 1, 1, 0, 0, 1),
      { kind: "binary", min: 0, max: 1, numbers: { min: 0, max: 1 } },
    ],
  ])("%s", (_, labels, summary) => {
    expect(summarizeLabels(open({ x, y: labels }))).toEqual({ simplexAxes: [], signs: false, ...summary });
  });

  test("left out do not count among class numbers, but among floats", () => {
    expect(summarizeLabels(open({ x, y: i64([3], -100, 4, 1) }), -100)).toMatchObject({ kind: "classes", min: 1 });
    expect(summarizeLabels(open({ x, y: f32([3], -100, 4, 1) }), -100)).toEqual({
      kind: "real",
      min: -100,
      max: 4,
      numbers: { min: 1, max: 4 },
      simplexAxes: [],
      signs: false,
    });
  });

  test("stored as floats, read as class numbers when they are whole", () => {
    const numbered = withClassNumbers(open({ x, y: f32([3], 1, 2, -100) }));
    expect(numbered.labels).toMatchObject({ dtype: "int64", array: "y" });
    expect(numbered.y(1, 3)).toEqual(i64([2], 2, -100));
    expect(numbered.batch(0, 2).y).toEqual(i64([2], 1, 2));
    expect(numbered.batch(0, 2).inputs.x).toEqual(open({ x, y: f32([3], 1, 2, 0) }).batch(0, 2).inputs.x);
    expect(() => withClassNumbers(open({ x, y: f32([3, 2], 0, 0, 0, 1, 0.5, 1) })).batch(1, 3)).toThrow(
      expect.objectContaining({
        code: "labels-not-integers",
        message: "The label of example 2 is 0.5, but class labels are whole numbers.",
      }),
    );
  });
});

describe("arrays that nothing reads", () => {
  test("one with a number for each example is a warning, weights of examples say what follows", () => {
    const arrays = {
      x,
      y,
      sample_weight: f32([3], 1, 2, 3),
      mask: i64([3, 2], 1, 1, 0, 0, 1, 1),
      x_test: f32([1, 2], 0, 0),
    };
    const { warnings = [], notes } = open(arrays, { inputs: [{ name: "image", dtype: "float32", shape: ["N", 2] }] });
    expect(warnings).toEqual([
      expect.stringMatching(/sample_weight \[3\].*nothing reads: every example counts alike.*--loss output/),
      expect.stringMatching(/mask \[3, 2\].*nothing reads: no input of the model has its name/),
    ]);
    expect(notes.join("\n")).toMatch(/x_test \[1, 2\] too, which nothing reads/);
  });

  test("those in a file of labels count, too", () => {
    const source = (name: string, arrays: Record<string, Tensor>) =>
      bytesSource(name, encodeNpz(Object.entries(arrays)));
    const labels = source("y.npz", { y, w: f32([3], 1, 2, 3) });
    const { warnings } = openDataset("x.npz and y.npz", { x: source("x.npz", { x }), y: labels });
    expect(warnings).toEqual([expect.stringMatching(/w \[3\].*every example counts alike/)]);
    const only = openDataset("x and y", { x: source("x.npz", { x }), y: source("y.npz", { other: y }) });
    expect(only.warnings).toEqual([]);
  });

  test("nothing is said where all are read", () => {
    const inputs = ["x", "mask"].map((name) => ({ name, dtype: "float32" as const, shape: ["N", 2] }));
    const { warnings, notes } = open({ x, y, mask: f32([3, 2], 1, 1, 0, 0, 1, 1) }, { inputs });
    expect([warnings, notes]).toEqual([[], []]);
  });
});

describe("as many steps as examples", () => {
  const square = f32([2, 2, 1], 1, 2, 3, 4);
  const timeFirst = { name: "x", dtype: "float32" as const, shape: ["T", "batch", 1], batchAxis: 1 };
  const first = (isBatchNamed: boolean) => {
    const dataset = open({ x: square, y: i64([2], 0, 1) }, { inputs: [{ ...timeFirst, isBatchNamed }] });
    return { rows: [...dataset.batch(0, 1).inputs.x.data], warnings: dataset.warnings?.join("\n") };
  };

  test("the axis that the file calls the batch counts the examples, and that is a warning", () => {
    expect(first(true)).toEqual({
      rows: [1, 3],
      warnings: expect.stringMatching(/taken from axis 1\. Axis 0 is as long.*save x as the model takes it/),
    });
    expect(first(false)).toEqual({
      rows: [1, 2],
      warnings: expect.stringMatching(/taken from axis 0\. Axis 1 is as long.*save x with that axis first/),
    });
  });

  test("labels that lie like a time-first input are a warning; transposed ones have a hint", () => {
    const dataset = open(
      { x: f32([3, 2, 1], 1, 2, 3, 4, 5, 6), y: i64([3, 2], 0, 1, 0, 1, 0, 1) },
      { inputs: [{ ...timeFirst, isBatchNamed: true }] },
    );
    expect(dataset.warnings?.join("\n")).toMatch(/labels y \[3, 2\] lie alike.*save both with that axis first/);
    const hint = (labels: Tensor, shape: number[]) => {
      try {
        open(
          { x: f32(shape, ...new Array<number>(12).fill(0)), y: labels },
          { inputs: [{ name: "x", dtype: "float32" }] },
        );
        return "none";
      } catch (error) {
        return error instanceof ThalwegError ? error.hint : error;
      }
    };
    expect(hint(i64([2, 3], 0, 1, 0, 1, 0, 1), [3, 4])).toMatch(/Axis 1 of y \[2, 3\] is as long as the examples/);
    expect(hint(i64([4, 3], ...new Array<number>(12).fill(0)), [3, 4])).toMatch(/one of them has other axes first/);
    expect(hint(i64([4], 0, 1, 0, 1), [3, 4])).toMatch(/Axis 1 of x is as long as the labels/);
  });
});
