import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesSource } from "../src/files/byte-source.ts";
import { encodeNpz, readNpz } from "../src/files/npz.ts";
import { encodeSafetensors } from "../src/files/safetensors.ts";
import { loadModel } from "../src/load/load-model.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { decodeResult, type ResultDocument } from "../src/documents/result-kinds.ts";
import { runHere } from "./support/run-here.ts";

/* The hashes of a result are those of the bytes that its numbers came from. */

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const BESIDE = path("cases/weights-beside/");
const REFERENCE = path("reference/mlp-tanh-digits/");
const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");
const lines = (...files: string[]) =>
  sha256(files.map((file) => `${sha256(readFileSync(file))}  ${file.replace(/^.*\//, "")}\n`).join(""));

let folder = "";
const at = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "thalweg-provenance-"));
  for (const name of ["e.onnx", "d.npz"]) copyFileSync(`${BESIDE}${name}`, at(name));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function gradientOf(model: string, ...flags: string[]): Promise<ResultDocument<"apply">> {
  const { code, out, err } = await runHere(
    ["apply", "gradient", model, "--data", "d.npz", "-o", "g.npz", "--json", "-q", ...flags],
    folder,
  );
  expect([code, err]).toEqual([0, ""]);
  const document = decodeResult(out);
  if (document.schema !== "thalweg/apply@1") throw new RangeError(document.schema);
  return document;
}

describe("the hash of a model", () => {
  test("covers the weights that lie beside it", async () => {
    const documents: ResultDocument<"apply">[] = [];
    for (const factor of [1, 3]) {
      writeFileSync(at("w.bin"), Buffer.from(new Float32Array(20).fill(factor).buffer));
      const document = await gradientOf("e.onnx");
      expect(document.model?.sha256).toBe(lines(at("e.onnx"), at("w.bin")));
      expect(document.model?.externalData).toEqual([{ path: "w.bin", sha256: sha256(readFileSync(at("w.bin"))) }]);
      documents.push(document);
    }
    const [first, second] = documents;
    expect(first.result.norm).not.toBe(second.result.norm);
    expect(first.model?.sha256).not.toBe(second.model?.sha256);
  });

  test("is that of the file where nothing lies beside it; a checkpoint has its own", async () => {
    const model = `${REFERENCE}model.onnx`;
    const plain = loadModel(model);
    expect(plain).toMatchObject({ sha256: sha256(readFileSync(model)), externalData: [] });
    const doubled = plain.model.parameters.map(
      ({ name, shape, data }) =>
        [name, { dtype: "float32" as const, shape, data: Float32Array.from(data, (x) => 2 * x) }] as const,
    );
    writeFileSync(at("two.safetensors"), encodeSafetensors(new Map(doubled)));
    const loaded = loadModel(model, { weights: at("two.safetensors") });
    expect(loaded.sha256).toBe(plain.sha256);
    expect(loaded.weights).toEqual({
      name: at("two.safetensors"),
      sha256: sha256(readFileSync(at("two.safetensors"))),
    });
  });
});

describe("data that change under the run", () => {
  const model = `${REFERENCE}model.onnx`;
  const original = readFileSync(`${REFERENCE}data.npz`);
  const open = () => {
    writeFileSync(at("live.npz"), original);
    return loadProblem(model, { data: at("live.npz"), precision: "float64" });
  };
  /** The same arrays with other pixels: another file of the same size. */
  const other = () => {
    const arrays = [...readNpz(bytesSource("data.npz", original))].map(([name, array]) => {
      const tensor = array.read();
      return [name, name === "x" ? { ...tensor, data: tensor.data.map((x) => x / 2) } : tensor] as const;
    });
    return encodeNpz(arrays);
  };

  test("in place, before they are read: refused", async () => {
    const loaded = await open();
    writeFileSync(at("live.npz"), other());
    await expect(loaded.problem.point.gradient()).rejects.toMatchObject({ kind: "input", code: "file-changed" });
    await loaded.close();
  });

  test.each([
    ["in place, after they were read", () => writeFileSync(at("live.npz"), other())],
    [
      "by another file of that name",
      () => {
        writeFileSync(at("new.npz"), other());
        renameSync(at("new.npz"), at("live.npz"));
      },
    ],
  ])("%s: numbers and hash of the old, and it is said", async (how, change) => {
    const right = await open();
    const gradient = await right.problem.point.gradient();
    await right.close();

    const loaded = await open();
    expect(loaded.dataset.outdated()).toEqual([]);
    if (how.startsWith("in place")) await loaded.problem.point.gradient();
    change();
    expect(await loaded.problem.point.gradient()).toEqual(gradient);
    expect(loaded.dataset.sha256()).toBe(sha256(original));
    expect(loaded.dataset.outdated()).toEqual([at("live.npz")]);
    await loaded.close();
  });
});
