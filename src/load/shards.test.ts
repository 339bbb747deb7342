import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { encodeNpz } from "../files/npz.ts";
import { encodeSafetensors } from "../files/safetensors.ts";
import { assetPath } from "../io/asset-path.ts";
import { isFloat, type Tensor } from "../util/tensor.ts";
import { loadModel } from "./load-model.ts";

const folder = mkdtempSync(join(tmpdir(), "thalweg-shards-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

const digits = assetPath("digits.onnx");
/** Other weights of the network: its own, turned round. */
const tensors = loadModel(digits).model.parameters.map(({ name, shape, data }): [string, Tensor] => [
  name,
  { dtype: "float32", shape, data: Float32Array.from(data).reverse() },
]);
const SHARDS = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
const halves = [tensors.slice(0, 2), tensors.slice(2)];
const map = Object.fromEntries(halves.flatMap((half, i) => half.map(([name]) => [name, SHARDS[i]])));
const written = (name: string, weightMap: unknown) => {
  writeFileSync(at(name), JSON.stringify({ metadata: { total_size: 1 }, weight_map: weightMap }));
  return at(name);
};
SHARDS.forEach((name, i) => writeFileSync(at(name), encodeSafetensors(halves[i])));
const index = written("model.safetensors.index.json", map);
writeFileSync(at("whole.npz"), encodeNpz(tensors));

const parametersOf = (weights: string) =>
  loadModel(digits, { weights }).model.parameters.map(({ name, data }) => [name, Array.from(data)]);

describe("weights in several files with an index", () => {
  it("are those of one file, and differ from the model's", () => {
    expect(parametersOf(index)).toEqual(parametersOf(at("whole.npz")));
    expect(parametersOf(index)).not.toEqual(
      loadModel(digits).model.parameters.map((p) => [p.name, Array.from(p.data)]),
    );
    expect(tensors.every(([, { dtype }]) => isFloat(dtype))).toBe(true);
  });

  it("have the hash of the index, and those of the files beside it", () => {
    const { weights, besideWeights } = loadModel(digits, { weights: index });
    const sum = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
    expect(weights).toEqual({ name: index, sha256: sum(index) });
    expect(besideWeights).toEqual(SHARDS.map((name) => ({ name: at(name), sha256: sum(at(name)) })));
  });

  it("may lie behind links, as in the cache of Hugging Face", () => {
    mkdirSync(at("snapshot"));
    for (const name of [...SHARDS, "model.safetensors.index.json"]) symlinkSync(at(name), join(at("snapshot"), name));
    expect(parametersOf(join(at("snapshot"), "model.safetensors.index.json"))).toEqual(parametersOf(index));
  });
});

describe("what is refused", () => {
  const [first] = tensors[0];
  const [last] = tensors[tensors.length - 1];
  it.each([
    ["one of the files", SHARDS[0], "weights-missing", /lacks/, /give their index, .*model\.safetensors\.index\.json/],
    [
      "a tensor in another file",
      written("moved.json", { ...map, [first]: SHARDS[1] }),
      "bad-safetensors-index",
      /in another file/,
      /./,
    ],
    [
      "a tensor that is in none",
      written("more.json", { ...map, extra: SHARDS[1] }),
      "bad-safetensors-index",
      /does not hold extra/,
      /./,
    ],
    [
      "a tensor without entry",
      written("less.json", { ...map, [last]: undefined }),
      "bad-safetensors-index",
      /has not/,
      /./,
    ],
    [
      "a path out of the folder",
      written("out.json", { ...map, [first]: "../x.safetensors" }),
      "bad-safetensors-index",
      /no name of a file/,
      /./,
    ],
    ["an absolute path", written("root.json", { a: "/etc/passwd" }), "bad-safetensors-index", /no name of a file/, /./],
    ["no name", written("number.json", { a: 7 }), "bad-safetensors-index", /no name of a file/, /./],
    ["no tensor", written("empty.json", {}), "bad-safetensors-index", /names no tensor/, /./],
    [
      "a file that is not there",
      written("gone.json", { a: "gone.safetensors" }),
      "file-not-found",
      /gone\.safetensors, which .*gone\.json names, does not exist/,
      /beside it/,
    ],
    [
      "files of PyTorch",
      written("old.json", { a: "pytorch_model-00001-of-00002.bin" }),
      "not-weights",
      /a file of PyTorch/,
      /safe_serialization/,
    ],
    ["another kind of JSON", written("other.json", undefined), "not-weights", /is text/, /./],
  ])("%s", (_, name, code, message, hint) => {
    const path = name.startsWith(folder) ? name : at(name);
    expect(() => loadModel(digits, { weights: path })).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      }),
    );
  });

  it("files of PyTorch, with the lines that take their tensors out", () => {
    writeFileSync(
      at("old.pth"),
      Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e),
    );
    expect(() => loadModel(digits, { weights: at("old.pth") })).toThrow(
      expect.objectContaining({
        code: "not-weights",
        hint: expect.stringMatching(/torch\.load\("FILE".*numpy\.savez\("weights\.npz"/),
      }),
    );
  });
});
