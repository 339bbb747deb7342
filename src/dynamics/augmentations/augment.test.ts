import { describe, expect, it, test } from "vitest";
import type { Dataset } from "../../data/dataset.ts";
import { createRandom } from "../../random/random-stream.ts";
import type { Shape, Tensor } from "../../util/tensor.ts";
import { augmentBy } from "./augment.ts";
import type { AffineMap, Augmentation } from "./augmentation.ts";
import { AUGMENTATIONS, chosenAugmentation } from "./registry.ts";

const datasetOf = (shape: Shape, labels: Shape = []): Dataset => ({
  name: "data",
  examples: 1,
  inputs: [{ name: "x", array: "x", dtype: "float64", shape }],
  labels: { array: "y", dtype: "int64", shape: labels },
  notes: [],
  batch: () => ({ inputs: {}, y: imageOf([0], [1]) }),
  y: () => imageOf([0], [1]),
  sha256: () => "",
});
const imageOf = (values: readonly number[], shape: Shape): Tensor => ({
  dtype: "float64",
  shape,
  data: Float64Array.from(values),
});
const always = (...map: AffineMap): Augmentation => ({
  name: "always",
  summary: "",
  unit: "",
  amount: 1,
  most: 1,
  draw: () => map,
});

/** An image of 3 × 3 pixels after a map. */
function moved(map: Augmentation, values: readonly number[]): number[] {
  const image = imageOf(values, [1, 1, 3, 3]);
  augmentBy([{ augmentation: map, amount: 1 }], datasetOf([1, 3, 3])).move(image, 0, 1, createRandom(0));
  return [...image.data];
}

const IMAGE = [1, 2, 3, 4, 5, 6, 7, 8, 9];

describe("an image of 3 × 3", () => {
  it.each([
    ["stays", always(1, 0, 0, 0, 1, 0), IMAGE],
    ["is taken from one to the right", always(1, 0, 1, 0, 1, 0), [2, 3, 0, 5, 6, 0, 8, 9, 0]],
    ["is taken from one above", always(1, 0, 0, 0, 1, -1), [0, 0, 0, 1, 2, 3, 4, 5, 6]],
    ["is taken from between two", always(1, 0, 0.5, 0, 1, 0), [1.5, 2.5, 1.5, 4.5, 5.5, 3, 7.5, 8.5, 4.5]],
    ["turns by a right angle", always(0, -1, 0, 1, 0, 0), [3, 6, 9, 2, 5, 8, 1, 4, 7]],
    ["is mirrored", always(-1, 0, 0, 0, 1, 0), [3, 2, 1, 6, 5, 4, 9, 8, 7]],
  ])("%s", (_, map, expected) => expect(moved(map, IMAGE)).toEqual(expected));
});

test("maps are made one after the other: turned, then shifted", () => {
  const image = imageOf(IMAGE, [1, 1, 3, 3]);
  const turn = { augmentation: always(0, -1, 0, 1, 0, 0), amount: 1 };
  const right = { augmentation: { ...always(1, 0, 1, 0, 1, 0), name: "right" }, amount: 1 };
  augmentBy([turn, right], datasetOf([1, 3, 3])).move(image, 0, 1, createRandom(0));
  expect([...image.data]).toEqual([6, 9, 0, 5, 8, 0, 4, 7, 0]);
});

test("all channels of an example are moved alike, examples each by themselves, and again the same from the same numbers", () => {
  const once = () => {
    const images = imageOf(
      Array.from({ length: 2 * 2 * 25 * 20 }, (_, i) => (i % 25) + 1),
      [20, 4, 5, 5],
    );
    augmentBy([chosenAugmentation("shift:2")], datasetOf([4, 5, 5])).move(images, 0, 20, createRandom(3));
    return images.data;
  };
  const first = once();
  expect(once()).toEqual(first);
  const example = (i: number, channel: number) => first.slice(25 * (4 * i + channel), 25 * (4 * i + channel + 1));
  for (let i = 0; i < 20; i++) for (let c = 1; c < 4; c++) expect(example(i, c)).toEqual(example(i, 0));
  expect(new Set(Array.from({ length: 20 }, (_, i) => example(i, 0).join())).size).toBeGreaterThan(10);
});

describe.each(AUGMENTATIONS.map((each) => [each.name, each] as const))("%s", (name, augmentation) => {
  test("draws maps that are no larger than its amount, and differ", () => {
    const random = createRandom(1);
    const maps = Array.from({ length: 200 }, () => augmentation.draw(augmentation.amount, random));
    expect(new Set(maps.map(String)).size).toBeGreaterThan(1);
    for (const [a, b, c, d, e, f] of maps) {
      expect(Math.max(Math.abs(c), Math.abs(f))).toBeLessThanOrEqual(name === "shift" ? augmentation.amount : 0);
      const area = Math.abs(a * e - b * d);
      expect(Math.abs(area - 1)).toBeLessThanOrEqual(name === "zoom" ? 1 / 0.81 - 1 + 1e-12 : 1e-12);
    }
  });
  test.each(["0", "-1", "x", "", String(2 * augmentation.most)])("refuses %j", (amount) => {
    expect(() => chosenAugmentation(`${name}:${amount}`)).toThrow(augmentation.unit);
  });
});

test.each([
  [datasetOf([64]), /no input has examples of channels, height and width/],
  [datasetOf([1, 40]), /no input has examples of channels, height and width/],
  [datasetOf([1, 8, 8], [8, 8]), /its labels are images too/],
])("what cannot be moved is refused", (dataset, why) => {
  expect(() => augmentBy([chosenAugmentation("shift")], dataset)).toThrow(why);
});

test("a name that there is not has a hint", () => {
  expect(() => chosenAugmentation("shfit:1")).toThrow(
    expect.objectContaining({ hint: expect.stringContaining("shift") }),
  );
});
