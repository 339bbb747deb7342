import { expect, it } from "vitest";
import { openDataset } from "../data/open-dataset.ts";
import { withBitsForSigns } from "../data/labels.ts";
import { bytesSource } from "../files/byte-source.ts";
import { encodeNpz } from "../files/npz.ts";
import { binaryCrossEntropy } from "../problem/losses/binary-cross-entropy.ts";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { meanSquaredError } from "../problem/losses/mean-squared-error.ts";
import { allocate, type DType, isFloat, sizeOf, tensor } from "../util/tensor.ts";
import { type LabelReading, labelsAlike } from "./labels-alike.ts";

function dataset(dtype: DType, each: readonly number[], values: readonly number[]) {
  const examples = values.length / sizeOf(each);
  const y = allocate(dtype, values.length);
  y.set(values);
  const bytes = encodeNpz([
    ["x", tensor("float32", [examples, 1], new Float32Array(examples))],
    ["y", tensor(dtype, [examples, ...each], y)],
  ]);
  return openDataset("set", { data: bytesSource("set.npz", bytes) });
}

const classes: LabelReading = { loss: crossEntropy, outputs: [2, 3], batch: 2, classAxis: 1, signs: false };
const pixels: LabelReading = { ...classes, outputs: [2, 3, 2, 1] };
const real: LabelReading = { loss: meanSquaredError, outputs: [2, 1], batch: 2, classAxis: undefined, signs: false };
const binary: LabelReading = { ...real, loss: binaryCrossEntropy };

const numbers = dataset("int64", [], [2, 0, 1]);
const rows = dataset("float32", [3], [0, 0, 1, 1, 0, 0, 0, 1, 0]);
// Two pixels, of the classes 2 and 0, then 1 and 1: [classes, height, width].
const maps = dataset("int64", [2, 1], [2, 0, 1, 1]);
const marks = dataset("float64", [3, 2, 1], [0, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0]);

it.each([
  ["floats as class numbers", classes, numbers, dataset("float64", [], [2, 0, 1]), numbers],
  ["with an axis of length 1", classes, numbers, dataset("int64", [1], [2, 0, 1]), numbers],
  ["floats with such an axis", classes, numbers, dataset("float32", [1], [2, 0, 1]), numbers],
  ["rows with a 1 as class numbers", classes, numbers, rows, numbers],
  ["rows of whole numbers as class numbers", classes, numbers, dataset("int64", [3], [0, 0, 1]), [2]],
  ["class numbers as rows", classes, rows, numbers, rows],
  ["class numbers of floats as rows", classes, rows, dataset("float64", [1], [2, 0, 1]), rows],
  ["marks at each pixel as class numbers", pixels, maps, marks, maps],
  ["class numbers at each pixel as marks", pixels, marks, maps, marks],
  ["whole numbers as reals", real, dataset("float32", [1], [0.5, 1]), dataset("int64", [], [3, -1]), [3, -1]],
  ["signs as bits", { ...binary, signs: true }, bits("float32", [1, -1]), dataset("int64", [1], [-1, 1]), [0, 1]],
  ["bits beside signs", { ...binary, signs: true }, bits("float32", [1, -1]), dataset("int64", [1], [0, 1]), [0, 1]],
  ["ones alone", { ...binary, signs: true }, bits("float32", [1, -1]), dataset("int64", [1], [1, 1]), [1, 1]],
] as const)("held-out labels are read as those of the data: %s", (_name, reading, data, test, expected) => {
  const alike = labelsAlike(data, test, reading);
  if ("difference" in alike) throw new Error(alike.difference);
  const { shape } = alike.data.labels;
  // Floats of either width are fed in the precision of the run.
  const { dtype } =
    isFloat(alike.data.labels.dtype) && isFloat(alike.test.labels.dtype) ? alike.test.labels : alike.data.labels;
  const values = "labels" in expected ? [...expected.y(0, expected.examples).data] : expected;
  const y = alike.test.y(0, test.examples);
  expect(alike.test.labels).toMatchObject({ dtype, shape });
  expect(y).toMatchObject({ dtype, shape: [test.examples, ...shape] });
  expect([...y.data]).toEqual(values);
  expect(alike.test.batch(1, test.examples).y.data).toEqual(y.data.subarray(sizeOf(shape)));
});

function bits(dtype: DType, signs: readonly number[]) {
  return withBitsForSigns(dataset(dtype, [1], signs));
}

it("whole numbers of the data are reals where those held out are", () => {
  const alike = labelsAlike(dataset("int64", [], [3, 4]), dataset("float32", [], [0.5, 1]), real);
  expect(alike).toMatchObject({ data: { labels: { dtype: "float64" } }, test: { labels: { dtype: "float32" } } });
  expect("data" in alike && [...alike.data.batch(0, 2).y.data]).toEqual([3, 4]);
});

it.each([
  ["rows of another length", classes, numbers, dataset("int64", [2], [0, 1]), /shape \[\], one of theirs \[2\]/],
  ["values other than signs", { ...binary, signs: true }, bits("int64", [1, -1]), dataset("int64", [1], [0, -1]), /−1/],
  ["several values for one", real, dataset("float32", [], [1]), dataset("float32", [2], [1, 2]), /one of theirs \[2\]/],
] as const)("there is no reading of %s", (_name, reading, data, test, message) => {
  expect(labelsAlike(data, test, reading)).toMatchObject({ difference: expect.stringMatching(message) });
});

it.each([
  ["a distribution for a class number", classes, numbers, dataset("float32", [3], [0, 0.5, 0.5]), /no single class/],
  ["a row without a class", classes, numbers, dataset("int64", [3], [0, 0, 1, 0, 0, 0]), /example 1 .*no single class/],
  ["a class that no row has", classes, rows, dataset("int64", [], [2, 3]), /example 1 is 3/],
  ["a fraction for a class number", classes, numbers, dataset("float32", [], [0.5]), /example 0 is 0\.5/],
] as const)("%s is told with its example", (_name, reading, data, test, message) => {
  const alike = labelsAlike(data, test, reading);
  expect(() => "test" in alike && alike.test.y(0, test.examples)).toThrow(message);
});
