import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { fileKind, HEAD_BYTES } from "./file-kind.ts";
import { encodeNpz } from "./npz.ts";
import { encodeSafetensors } from "./safetensors.ts";

const asset = (name: string) => readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)));
const text = (content: string) => new TextEncoder().encode(content);
const array = { dtype: "float32", shape: [2], data: Float32Array.of(1, 2) } as const;
/** The first entry of what torch.save writes. */
const checkpoint = text(
  "PK\u0003\u0004\0\0\u0008\u0008\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\u0010\0\u0012\0archive/data.pkl",
);

test.each([
  ["npz", encodeNpz([["x", array]])],
  ["npz", asset("assets/mnist1d.npz")],
  ["PyTorch", checkpoint],
  ["safetensors", encodeSafetensors([["w", array]])],
  ["ONNX", asset("assets/digits.onnx")],
  ["ONNX", asset("test/reference/mlp-tanh-digits/model.onnx")],
  ["gzip", asset("assets/digits.csv.gz")],
  ["PyTorch", Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e)],
  ["Keras", text(`PK\u0003\u0004${"\0".repeat(26)}metadata.json{`)],
  ["TensorFlow", Uint8Array.of(8, 1, 0x12, 0xfa, 0x81, 3, 0x0a)],
  ["TensorFlow", text("\n\u0015\n\u0001x\u0012\u000bPlaceholder*")],
  ["ONNX", Uint8Array.of(8, 1, 0x12, 7, 0x70, 0x79, 0x74, 0x6f, 0x72, 0x63, 0x68)],
  ["GGUF", text("GGUF\u0003\0\0\0")],
  ["TFLite", text("\u001c\0\0\0TFL3")],
  ["MATLAB", text("MATLAB 5.0 MAT-file Platform: posix")],
  ["Parquet", text("PAR1\u0015\0")],
  ["Arrow", text("ARROW1\0\0")],
  ["PNG", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)],
  ["JPEG", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16)],
  ["image", text("GIF89a....")],
  ["image", text("RIFF\u0001\u0002\u0003\u0004WEBPVP8 ")],
  ["npy", Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0)],
  ["IDX", Uint8Array.of(0, 0, 8, 3, 0, 0, 234, 96)],
  ["HDF5", Uint8Array.of(0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10)],
  ["pickle", Uint8Array.of(0x80, 4, 0x95, 0, 0)],
  ["git-lfs", text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")],
  ["HTML", text("\n<!DOCTYPE html>\n<html lang=en>")],
  ["HTML", text("<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>")],
  ["CSV", text("x0,x1,größe\r\n1,\t2,3\n")],
  [undefined, new Uint8Array(99)],
  [undefined, new Uint8Array(0)],
  [undefined, Uint8Array.of(7, 7, 7)],
])("%s", (name, bytes) => {
  expect(fileKind(bytes.subarray(0, HEAD_BYTES))?.name).toBe(name);
});
