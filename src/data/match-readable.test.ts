import { describe, expect, test } from "vitest";
import { bytesSource, concatBytes } from "../files/byte-source.ts";
import { encodeNpy } from "../files/npy-writer.ts";
import { zipChunks } from "../files/zip-writer.ts";
import { tensor } from "../util/tensor.ts";
import { openDataset } from "./open-dataset.ts";

const numbers = (...shape: number[]) =>
  encodeNpy(tensor("float32", shape, new Float32Array(shape.reduce((size, extent) => size * extent, 1))));

/** An array of words of one letter, which lie as float32 does. */
function words(length: number): Uint8Array {
  const bytes = numbers(length);
  const text = new TextDecoder("latin1").decode(bytes);
  bytes.set(new TextEncoder().encode("<U1"), text.indexOf("<f4"));
  return bytes;
}

function open(files: Record<string, Uint8Array>, inputs = ["x"], label?: string) {
  const entries = Object.entries(files).map(([name, bytes]) => ({ name: `${name}.npy`, pieces: [bytes] }));
  return openDataset(
    "d.npz",
    { data: bytesSource("d.npz", concatBytes(zipChunks(entries))) },
    { label, inputs: inputs.map((name) => ({ name })) },
  );
}

const UNREAD = expect.objectContaining({ code: "unsupported-npy-type" });

describe("arrays of text in a file of data", () => {
  test("are left where inputs and labels have arrays of their own, and said", () => {
    const dataset = open({ x: numbers(3, 2), y: numbers(3), classes: words(2) });
    expect(dataset.batch(0, 3).inputs.x.shape).toEqual([3, 2]);
    expect(dataset.notes.join("\n")).toMatch(/d\.npz holds classes too, no numbers, which nothing reads/);
    expect(open({ ids: numbers(3, 2), kind: numbers(3), names: words(3) }, ["ids"], "kind").examples).toBe(3);
  });

  test("are refused where they may be what is needed", () => {
    // Under the name of an input or of the labels.
    expect(() => open({ x: words(3), y: numbers(3) })).toThrow(UNREAD);
    expect(() => open({ x: numbers(3, 2), y: words(3) })).toThrow(UNREAD);
    expect(() => open({ x: numbers(3, 2), y: numbers(3), kind: words(3) }, ["x"], "kind")).toThrow(UNREAD);
    expect(() => open({ x: numbers(3, 2), ids: words(3), y: numbers(3) }, ["ids"])).toThrow(UNREAD);
    // Another array would be taken in their place.
    expect(() => open({ text: words(3), embedded: numbers(3, 2), y: numbers(3) })).toThrow(UNREAD);
    expect(() => open({ x: numbers(3, 2), y: words(3), target: numbers(3) })).toThrow(UNREAD);
  });
});
