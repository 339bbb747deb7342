import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { smallTransformer } from "../../test/support/small-transformer.ts";
import { makeNet } from "../nets/make-net.ts";
import { blockRoles } from "./block-roles.ts";
import { decodeModel, type ModelFile } from "./decode-model.ts";

const fixture = (name: string) =>
  decodeModel(readFileSync(fileURLToPath(new URL(`../../test/fixtures/${name}/model.onnx`, import.meta.url))), {
    file: name,
  });
const net = (name: string) => decodeModel(makeNet(name), { file: name });

/** What the parameters of a model are there for by their names, as whoever wrote the network calls them. */
type Expected = readonly (readonly [RegExp, string])[];

const MODERN: Expected = [
  [/words|places|kinds|near|far/, "embedding"],
  [/\.(q|k)\./, "QK"],
  [/\.(v|o)\./, "VO"],
  [/up|down|gate/, "FFN"],
  [/\bn[12]\b|norm|first/, "norm"],
  [/pool|classes|out|head/, "head"],
];
const PACKED: Expected = [
  [/ln|norm/, "norm"],
  [/qkv|in_proj|c_attn/, "QK and VO"],
  [/attn\.c_proj|attn\.proj|out_proj/, "VO"],
  [/mlp|fc\d|linear\d/, "FFN"],
  [/head|^out\./, "head"],
  [/wte|wpe|cls|pos|patch|embed/, "embedding"],
];
const TIED: Expected = [[/wte|^words/, "embedding and head"]];

function wanted(model: ModelFile, expected: Expected): [string, string | undefined][] {
  return model.parameters.map(({ name }) => [name, expected.find(([words]) => words.test(name))?.[1]]);
}

function found(model: ModelFile): [string, string | undefined][] {
  const names = model.parameters.map(({ name }) => name);
  const roles = blockRoles(model.graph, names);
  return names.map((name) => [name, roles.get(name)]);
}

describe("the roles of a transformer's tensors", () => {
  it.each([
    ["BERT", smallTransformer("bert"), MODERN],
    ["LLaMA with grouped queries and rotary places", smallTransformer("llama"), MODERN],
    ["T5", smallTransformer("t5"), [...TIED, ...MODERN]],
    ["blocks that add attention and feed-forward side by side", smallTransformer("parallel"), MODERN],
    ["a block with low-rank adapters", smallTransformer("lora"), MODERN],
    ["the same with the adapters in its weights", smallTransformer("merged"), MODERN],
    ["GPT", net("gpt:tiny"), [...TIED, ...PACKED]],
    ["ViT", net("vit"), PACKED],
    ["torch's encoder layer, opset 14", fixture("encoder-opset14"), PACKED],
    ["torch's encoder layer, opset 17", fixture("encoder-opset17"), PACKED],
    ["torch's encoder layer, norms first", fixture("encoder-prenorm-gelu"), PACKED],
    ["GPT with a mask of its own", fixture("gpt-tied-trilu"), [...TIED, ...PACKED]],
  ] as const)("%s", (_, model, expected) => {
    expect(wanted(model, expected).every(([, role]) => role !== undefined)).toBe(true);
    expect(found(model)).toEqual(wanted(model, expected));
  });

  it("in ONNX Runtime's own nodes", () => {
    expect(Object.fromEntries(found(fixture("fused-bert-masked")))).toMatchObject({
      word: "embedding",
      place: "embedding",
      gain: "norm",
      shift: "norm",
      qkv: "QK and VO",
      qkv_bias: "QK and VO",
      w: "VO",
    });
    expect(found(fixture("fused-group-query"))).toEqual(
      expect.arrayContaining([
        ["q", "QK"],
        ["k", "QK"],
        ["v", "VO"],
        ["o", "VO"],
      ]),
    );
  });
});

describe("what is not told", () => {
  it.each(["lenet", "mlp:64-32-10:tanh", "cnn:1x8x8:16-32-10"])("anything of %s, which has no attention", (name) => {
    expect(found(net(name)).every(([, role]) => role === undefined)).toBe(true);
  });

  it("that a layer behind an attention is a head, where no branch is added", () => {
    const roles = new Map(found(fixture("attention-mask")));
    expect(roles.get("mha.out_proj.weight")).toBe("VO");
    expect(roles.get("out.weight")).toBeUndefined();
  });
});
