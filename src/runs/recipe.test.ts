import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { canonicalJson, hashOfJson, type Recipe, recipeDifference } from "./recipe.ts";

const RECIPE: Recipe = {
  thalweg: "1.0.0",
  experiment: "profile",
  arguments: ["model.onnx"],
  options: { top: 5, exactLimit: 2000 },
  seed: 0,
  budget: null,
  inputs: [{ path: "model.onnx", sha256: "a" }],
};

describe("the hash of JSON", () => {
  it("is that of the text with sorted keys, at every depth", () => {
    const value = { b: [{ z: 1, a: null }], a: "é" };
    expect(canonicalJson(value)).toBe('{"a":"é","b":[{"a":null,"z":1}]}');
    expect(hashOfJson(value)).toBe(createHash("sha256").update(canonicalJson(value)).digest("hex"));
    expect(hashOfJson({ a: "é", b: [{ a: null, z: 1 }] })).toBe(hashOfJson(value));
  });

  it("tells the order of a list", () => expect(hashOfJson([1, 2])).not.toBe(hashOfJson([2, 1])));
});

describe("a recipe that differs", () => {
  const cases: readonly [Partial<Recipe>, RegExp][] = [
    [{ thalweg: "1.0.1" }, /version 1\.0\.0 began it, and this is 1\.0\.1/],
    [{ experiment: "line" }, /experiment profile, not line/],
    [{ arguments: ["other.onnx"] }, /argument was model\.onnx and is other\.onnx/],
    [{ options: { top: 6, exactLimit: 2000 } }, /--top was 5 and is 6/],
    [{ options: { top: 5 } }, /--exact-limit was 2000 and is not given/],
    [{ options: { ...RECIPE.options, l2: 1 } }, /--l2 was not given and is 1/],
    [{ seed: 1 }, /--seed was 0 and is 1/],
    [{ budget: 1000 }, /--time was not given and is 1000/],
    [{ inputs: [{ path: "model.onnx", sha256: "b" }] }, /model\.onnx holds other bytes/],
    [{ inputs: [] }, /read model\.onnx, which is not read now/],
    [{ inputs: [...RECIPE.inputs, { path: "d.npz", sha256: "c" }] }, /d\.npz was not read when it began/],
  ];
  it.each(cases)("says in what: %j", (change, reason) =>
    expect(recipeDifference(RECIPE, { ...RECIPE, ...change })).toMatch(reason),
  );

  it("does not where it is the same", () =>
    expect(recipeDifference(RECIPE, { ...RECIPE, options: { exactLimit: 2000, top: 5 } })).toBeUndefined());
});
