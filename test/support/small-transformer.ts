import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { bytesSource } from "../../src/files/byte-source.ts";
import { readNpz } from "../../src/files/npz.ts";
import { decodeModel, type ModelFile } from "../../src/onnx/decode-model.ts";
import type { Tensor } from "../../src/util/tensor.ts";

const bytesOf = (file: string) => readFileSync(fileURLToPath(new URL(`../data/transformers/${file}`, import.meta.url)));

/** A network that test/data/make_transformers.py wrote. */
export function smallTransformer(name: string): ModelFile {
  return decodeModel(Uint8Array.from(gunzipSync(bytesOf(`${name}.onnx.gz`))), { file: `${name}.onnx` });
}

/** The data, loss, gradient and product that PyTorch has for the network with adapters. */
export function adapterArrays(): ReadonlyMap<string, Tensor> {
  const source = bytesSource("lora.npz", Uint8Array.from(bytesOf("lora.npz")));
  return new Map([...readNpz(source)].map(([name, array]) => [name, array.read()]));
}
