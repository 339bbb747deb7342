import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { bytesSource } from "../../src/files/byte-source.ts";
import { encodeNpz, readNpz } from "../../src/files/npz.ts";
import type { Tensor } from "../../src/util/tensor.ts";
import { runHere } from "./run-here.ts";
import { type Act, MAIN, thalweg as runThalweg } from "./spawn-node.ts";

/** A file or folder below test/. */
export const fixture = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
export const DIGITS = fixture("../assets/digits.onnx");
export const OLD_RESULT = fixture("fixtures/results-0.1.0/profile-digits.json");
export const REFERENCE = fixture("reference/mlp-tanh-digits/");

export function floats(shape: number[], value: (i: number) => number): Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { dtype: "float32", shape, data: Float32Array.from({ length: size }, (_, i) => value(i)) };
}

export function labels(values: number[]): Tensor {
  return { dtype: "int64", shape: [values.length], data: Float64Array.from(values) };
}

export const wave = (i: number) => Math.sin(i * 0.37) / 2 + 0.5;

export function readArrays(path: string): Map<string, Tensor> {
  return new Map([...readNpz(bytesSource(path, readFileSync(path)))].map(([name, array]) => [name, array.read()]));
}

/** A temporary folder with models and data, good and bad, in which the built command line runs; for one test file. */
export function commandLine() {
  let folder = "";
  const at = (...path: string[]) => join(folder, ...path);

  /** Runs the built command line in the temporary folder; `act` may send it a signal. */
  const thalweg = (args: readonly string[], act?: Act) => runThalweg(args, { cwd: folder }, act);

  /** The same in the process of the test, from its source. */
  const here = (args: readonly string[]) => runHere(args, folder);

  function npz(name: string, arrays: Record<string, Tensor>): string {
    writeFileSync(at(name), encodeNpz(Object.entries(arrays)));
    return at(name);
  }

  /** Every file below the folder, to see that nothing was left behind. */
  const listing = () => readdirSync(folder, { recursive: true }).map(String).sort();

  beforeAll(() => {
    if (!existsSync(MAIN)) throw new Error("dist/ is missing: run `npm run build` first");
    folder = mkdtempSync(join(tmpdir(), "thalweg-cli-"));
    npz("good.npz", { x: floats([12, 64], wave), y: labels([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]) });
    const [weights] = [readFileSync(DIGITS)];
    writeFileSync(at("cut.onnx"), weights.subarray(0, 4000));
    writeFileSync(at("empty.onnx"), "");
    writeFileSync(at("noise.onnx"), "This is no model at all, but a sentence.");
    writeFileSync(at("bytes.onnx"), Uint8Array.of(3, 1, 4, 1, 5, 9, 2, 6));
    writeFileSync(at("pointer.onnx"), "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n");
    writeFileSync(at("page.onnx"), "<!DOCTYPE html>\n<html><title>Sign in</title></html>");
    // The same model with an operator that nobody knows: "Tanh" occurs as a length-prefixed string.
    writeFileSync(
      at("unknown-op.onnx"),
      Buffer.from(weights.toString("latin1").replaceAll("\u0004Tanh", "\u0004Bahn"), "latin1"),
    );
    npz("lengths.npz", { x: floats([5, 64], wave), y: labels([0, 1, 2, 3]) });
    npz("features.npz", { x: floats([4, 63], wave), y: labels([0, 1, 2, 3]) });
    npz("nan.npz", { x: floats([4, 64], (i) => (i === 70 ? Number.NaN : wave(i))), y: labels([0, 1, 2, 3]) });
    npz("none.npz", { x: floats([0, 64], wave), y: labels([]) });
    npz("classes.npz", { x: floats([4, 64], wave), y: labels([0, 1, 2, 17]) });
    npz("nolabels.npz", { x: floats([4, 64], wave) });
    npz("noinputs.npz", { y: labels([0, 1, 2, 3]) });
    npz("fractions.npz", { x: floats([4, 64], wave), y: floats([4], (i) => i / 2) });
    npz("floats.npz", { x: floats([4, 64], wave), y: floats([4], (i) => i) });
    npz("ignored.npz", { x: floats([4, 64], wave), y: labels([0, -1, 2, 3]) });
    npz("real.npz", { x: floats([4, 64], wave), y: floats([4, 3], wave) });
    writeFileSync(at("cut.npz"), readFileSync(at("good.npz")).subarray(0, 900));
    writeFileSync(at("empty.npz"), "");
    mkdirSync(at("folder"));
    mkdirSync(at("foreign"));
    writeFileSync(at("foreign", "thesis.txt"), "mine");
    writeFileSync(at("bad-config.json"), JSON.stringify({ "batch-sise": 3 }));
    writeFileSync(at("config.json"), JSON.stringify({ "batch-size": 5, limit: 10 }));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  return { at, thalweg, here, npz, listing };
}
