import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { bytesSource, concatBytes } from "./byte-source.ts";
import { crc32 } from "./crc32.ts";
import { imageHeader, readImage } from "./image.ts";
import { readNpz } from "./npz.ts";

/** The images and their pixels were written by test/data/make_pictures.py. */
const folder = fileURLToPath(new URL("../../test/data/pictures", import.meta.url));
const bytesOf = (name: string) => Uint8Array.from(readFileSync(`${folder}/${name}`));
const source = (name: string) => bytesSource(name, bytesOf(name));
const expected = readNpz(bytesSource("pictures.npz", Uint8Array.from(readFileSync(`${folder}.npz`))));
const names = readdirSync(folder).filter((name) => expected.has(name));

describe("pixels are those that Pillow reads, every one", () => {
  it.each(names)("%s", (name) => {
    const image = readImage(source(name));
    const truth = expected.get(name)?.read();
    const channels = truth?.shape[2] ?? 1;
    expect([image.height, image.width, image.channels]).toEqual([...(truth?.shape.slice(0, 2) ?? []), channels]);
    expect(Array.from(image.data)).toEqual(Array.from(truth?.data ?? []));
  });

  it("there are as many as were written", () => expect(names).toHaveLength(expected.size));
});

it("a header says the size, the channels and how the camera was held", () => {
  expect(imageHeader(source("turned.jpg"))).toEqual({ width: 8, height: 8, channels: 3, orientation: 6 });
  expect(imageHeader(source("16-6-1.png"))).toMatchObject({ width: 9, height: 5, channels: 4, orientation: 1 });
});

const chunk = (kind: string, content: Uint8Array) => {
  const body = concatBytes([new TextEncoder().encode(kind), content]);
  const ends = new DataView(new ArrayBuffer(8));
  ends.setUint32(0, content.length);
  ends.setUint32(4, crc32(body) >>> 0);
  const bytes = new Uint8Array(ends.buffer);
  return concatBytes([bytes.subarray(0, 4), body, bytes.subarray(4)]);
};
const pngOf = (width: number, height: number, raw: Uint8Array) => {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  return concatBytes([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10),
    chunk("IHDR", new Uint8Array(header.buffer)),
    chunk("IDAT", Uint8Array.from(deflateSync(raw))),
    chunk("IEND", new Uint8Array(0)),
  ]);
};

describe("what is refused", () => {
  const flipped = (name: string, at: number) => {
    const bytes = bytesOf(name);
    bytes[at] ^= 1;
    return bytes;
  };
  const sized = (name: string, size: number) => {
    const bytes = bytesOf(name);
    const frame = bytes.findIndex((byte, i) => byte === 0xff && (bytes[i + 1] === 0xc0 || bytes[i + 1] === 0xc2));
    new DataView(bytes.buffer).setUint32(frame + 5, size * 65537);
    return bytes;
  };
  it.each([
    ["a PNG of 10^5 × 10^5 in a few bytes", pngOf(1e5, 1e5, new Uint8Array(9)), /more than the \d+ numbers/],
    ["a PNG that cannot expand so far", pngOf(1e4, 1e4, new Uint8Array(9)), /cannot expand to the 10000 × 10000/],
    ["a PNG with more data than its size", pngOf(1, 1, new Uint8Array(900)), /more data come out/],
    ["a PNG with less", pngOf(9, 9, new Uint8Array(9)), /end too early/],
    ["a PNG whose filter is none", pngOf(1, 1, Uint8Array.of(7, 0)), /filter 7/],
    ["a PNG without width", pngOf(0, 1, Uint8Array.of(0)), /0 × 1/],
    ["a PNG with a flipped bit", flipped("8-2-0.png", 50), /checksum of its part "IDAT"/],
    ["a PNG that was cut", bytesOf("8-2-0.png").subarray(0, 100), /ends too early/],
    ["a JPEG that was cut", bytesOf("restart.jpg").subarray(0, 900), /end too early/],
    ["a JPEG without its end", bytesOf("restart.jpg").subarray(0, -2), /ends too early/],
    ["a JPEG of 60000 × 60000 in a few bytes", sized("grey.jpg", 60000), /numbers that are read/],
    ["a JPEG too short for its size", sized("grey.jpg", 4000), /too short for the 4000 × 4000/],
    ["a JPEG for printing", bytesOf("cmyk.jpg"), /4 colours, as CMYK/],
    ["text", new TextEncoder().encode("no image"), /neither PNG nor JPEG/],
  ])("%s", (_, bytes, message) => {
    expect(() => readImage(bytesSource("bad", bytes))).toThrow(
      expect.objectContaining({ kind: "input", code: "bad-image", message: expect.stringMatching(message) }),
    );
  });
});
