import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tensor } from "../util/tensor.ts";
import { bytesSource, chunksOf, concatBytes } from "./byte-source.ts";
import { crc32 } from "./crc32.ts";
import { readCsv } from "./csv.ts";
import { unwrapGzip } from "./gzip.ts";
import { bfloat16Values, float16 } from "./half-float.ts";
import { readIdx } from "./idx.ts";
import { DEFAULT_LIMITS } from "./read-limits.ts";
import { encodeSafetensors, readSafetensors } from "./safetensors.ts";
import { sha256 } from "./sha256.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const text = (content: string) => bytesSource("table.csv", encode(content));

describe("CSV", () => {
  test("header, quotes, line breaks in quotes, CRLF, blank lines, byte-order mark", () => {
    const table = readCsv(text('\uFEFF"a, ""x""",b,"c\nd"\r\n1,-2.5e3,"7"\r\n\r\n.5, 4 ,8'), {
      label: "b",
    });
    expect(table.columns).toEqual(['a, "x"', "c\nd"]);
    expect(table.x.read()).toEqual(tensor("float64", [2, 2], Float64Array.of(1, 7, 0.5, 8)));
    expect(table.y?.read()).toEqual(tensor("int64", [2], Float64Array.of(-2500, 4)));
  });

  test("label by number, from the end, fractional", () => {
    const table = readCsv(text("1;2;0.5\n3;4;1.5\n"), { label: "-1" });
    expect(table.columns).toBeUndefined();
    expect(table.y?.read()).toEqual(tensor("float64", [2], Float64Array.of(0.5, 1.5)));
    expect([...table.x.rows(1, 2).data]).toEqual([3, 4]);
  });

  test("text labels become classes in alphabetical order, with and without a header", () => {
    for (const head of ["", "w,h,kind\n"]) {
      const table = readCsv(text(`${head}1,2,rose\n3,4,aster\n5,6,rose`), { label: "2" });
      expect(table.classNames).toEqual(["aster", "rose"]);
      expect([...(table.y?.read().data ?? [])]).toEqual([1, 0, 1]);
      expect(table.x.shape).toEqual([3, 2]);
    }
  });

  test("a header that counts columns, as pandas writes it, is not data", () => {
    expect(readCsv(text("0,1,2,3\n5,6,7,8")).x.shape).toEqual([1, 4]);
  });

  test.each([
    ["a word", "a,b\n1,2\n3,x", {}, "csv-not-a-number", /Line 3, column 1 \("b"\).*"x"/],
    ["a gap", "1,2\n3,", {}, "csv-not-a-number", /Line 2, column 1 .*nothing/],
    ["NaN", "1,2\n3,nan", {}, "csv-not-a-number", /"nan"/],
    ["an overflow", "1,2\n3,1e999", {}, "csv-not-a-number", /1e999/],
    ["hexadecimal", "1,2\n3,0x10", {}, "csv-not-a-number", /0x10/],
    ["a short line", "1,2\n3", {}, "csv-width", /Line 2 .* 1 fields/],
    ["an unclosed quote", '1,2\n"3,4\n5,6', {}, "csv-quote", /line 2/],
    ["text after a quote", '1,2\n"3"x,4', {}, "csv-quote", /line 2/],
    ["an unknown label", "a,b\n1,2", { label: "z" }, "label-column", /a, b/],
    ["a label out of range", "1,2", { label: "2" }, "label-column", /2 columns/],
    ["a number among class names", "1,2,rose\n1,2,3", { label: "2" }, "csv-not-a-number", /class name/],
    ["no data", "a,b\n", {}, "csv-empty", /no data/],
    ["nothing", "", {}, "csv-empty", /no data/],
  ])("%s is refused by line and column", (_, content, options, code, message) => {
    expect(() => readCsv(text(content), options)).toThrow(
      expect.objectContaining({ kind: "input", code, message: expect.stringMatching(message) }),
    );
  });

  test("any table of finite numbers is read back exactly, whatever the pieces it is read in", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()), {
          minLength: 1,
          maxLength: 30,
        }),
        (rows) => {
          const table = readCsv(text(rows.map((row) => row.join(",")).join("\n")), {
            header: false,
          });
          expect([...table.x.read().data].map((value) => value + 0)).toEqual(rows.flat().map((value) => value + 0));
        },
      ),
      { seed: 2 },
    );
  });
});

describe("gzip", () => {
  test("that states more than the limit, or less than comes out, is not expanded to its end", () => {
    const packed = new Uint8Array(gzipSync(new Uint8Array(2 ** 24)));
    const limits = { maxBytes: 2 ** 32, maxInflatedBytes: 2 ** 24 - 1 };
    expect(() => unwrapGzip(bytesSource("g", packed), limits)).toThrow(
      expect.objectContaining({ code: "inflates-too-far" }),
    );
    packed.set([232, 3, 0, 0], packed.length - 4);
    expect(() => unwrapGzip(bytesSource("g", packed))).toThrow(/more than the 1000 bytes that its end states/);
  });

  const content = encode("1,2\n".repeat(5000));
  test("expands with and without a file name in its header", () => {
    const packed = gzipSync(content);
    const named = concatBytes([
      packed.subarray(0, 3),
      Uint8Array.of(8),
      packed.subarray(4, 10),
      encode("d.csv\0"),
      packed.subarray(10),
    ]);
    for (const bytes of [packed, named])
      expect(concatBytes(chunksOf(unwrapGzip(bytesSource("g", bytes))))).toEqual(content);
  });

  test("refuses damage, a wrong checksum and more than the limit", () => {
    const packed = gzipSync(content);
    const wrong = Uint8Array.from(packed);
    wrong[wrong.length - 6] ^= 1;
    expect(() => unwrapGzip(bytesSource("g", wrong))).toThrow(expect.objectContaining({ code: "damaged-gzip" }));
    expect(() => unwrapGzip(bytesSource("g", packed.subarray(0, 40)))).toThrow(
      expect.objectContaining({ kind: "input" }),
    );
    expect(() => unwrapGzip(bytesSource("g", packed), { ...DEFAULT_LIMITS, maxInflatedBytes: 19_999 })).toThrow(
      expect.objectContaining({ code: "inflates-too-far" }),
    );
    expect(unwrapGzip(bytesSource("g", packed), { ...DEFAULT_LIMITS, maxInflatedBytes: 20_000 }).size).toBe(20_000);
  });
});

describe("safetensors", () => {
  const weight = tensor("float32", [2, 2], Float32Array.of(1, 2, 3, 4));
  const file = (header: unknown, data: number) => {
    const json = encode(typeof header === "string" ? header : JSON.stringify(header));
    const length = new Uint8Array(8);
    new DataView(length.buffer).setUint32(0, json.length, true);
    return bytesSource("w.safetensors", concatBytes([length, json, new Uint8Array(data)]));
  };
  const entry = (dtype: string, shape: unknown, start: number, end: number) => ({
    dtype,
    shape,
    data_offsets: [start, end],
  });

  test("what is written is read back, under any name", () => {
    const step = tensor("int64", [], Float64Array.of(-7));
    const tensors = [
      ["/layer.0/w", weight],
      ["step", step],
      ["mask", tensor("bool", [3], Uint8Array.of(1, 0, 1))],
    ] as const;
    const read = readSafetensors(bytesSource("memory", encodeSafetensors(tensors, { epoch: "3" })));
    expect([...read].map(([name, array]) => [name, array.read()])).toEqual(tensors);
  });

  test("float16 and bfloat16", () => {
    const source = file({ h: entry("F16", [1], 0, 2), b: entry("BF16", [1], 2, 4) }, 0);
    const bytes = concatBytes([source.read(0, source.size), Uint8Array.of(0x00, 0xc2, 0x40, 0xc0)]);
    const arrays = readSafetensors(bytesSource("w", bytes));
    expect(arrays.get("h")?.read().data[0]).toBe(-3);
    expect(arrays.get("b")?.read().data[0]).toBe(-3);
  });

  test.each([
    ["an overlap", file({ a: entry("U8", [4], 0, 4), b: entry("U8", [4], 2, 6) }, 6), "bad-safetensors"],
    ["a gap", file({ a: entry("U8", [1], 0, 1), b: entry("U8", [1], 2, 3) }, 3), "bad-safetensors"],
    [
      "a repeated name",
      file(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
        2,
      ),
      "bad-safetensors",
    ],
    ["data beyond the end", file({ a: entry("F32", [1e9], 0, 4e9) }, 4), "bad-safetensors"],
    ["a size that does not fit the shape", file({ a: entry("F32", [2], 0, 4) }, 4), "bad-safetensors"],
    ["an impossible shape", file({ a: entry("F32", [2 ** 40, 2 ** 40], 0, 4) }, 4), "bad-shape"],
    ["a fraction as length", file({ a: entry("F32", [0.5], 0, 4) }, 4), "bad-safetensors"],
    ["an unknown type", file({ a: entry("F8_E4M3", [4], 0, 4) }, 4), "unsupported-safetensors-type"],
    ["a header that is not an object", file("[]", 0), "bad-safetensors"],
    ["a header that is no JSON", file("{", 0), "bad-safetensors"],
    [
      "a header length beyond the file",
      bytesSource("w", Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 123)),
      "bad-safetensors",
    ],
  ])("%s is refused", (_, source, code) => {
    expect(() => readSafetensors(source)).toThrow(expect.objectContaining({ kind: "input", code }));
  });
});

test("IDX: big-endian numbers, size checked", () => {
  const bytes = Uint8Array.of(0, 0, 0x0b, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xfe, 1, 0);
  expect(readIdx(bytesSource("i", bytes)).read()).toEqual(tensor("int64", [1, 2], Float64Array.of(-2, 256)));
  expect(() => readIdx(bytesSource("i", bytes.subarray(1)))).toThrow(expect.objectContaining({ code: "not-idx" }));
  expect(() => readIdx(bytesSource("i", bytes.subarray(0, 15)))).toThrow(expect.objectContaining({ code: "idx-size" }));
});

test("every float16 value agrees with its definition", () => {
  expect([0x0000, 0x8000, 0x0001, 0x03ff, 0x0400, 0x3555, 0x3c00, 0x7bff, 0x7c00, 0xfc00].map(float16)).toEqual([
    0,
    -0,
    2 ** -24,
    1023 * 2 ** -24,
    2 ** -14,
    0.333251953125,
    1,
    65504,
    Infinity,
    -Infinity,
  ]);
  expect(float16(0x7e00)).toBeNaN();
  expect([...bfloat16Values(Uint16Array.of(0x3f80, 0xc2f7, 0x0001))]).toEqual([1, -123.5, 2 ** -133]);
});

test("checksums agree with the standards and with Node", () => {
  expect(crc32(encode("123456789"))).toBe(0xcbf43926);
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (pieces) => {
      const ours = sha256();
      const theirs = createHash("sha256");
      for (const piece of pieces) {
        ours.update(piece);
        theirs.update(piece);
      }
      expect(ours.digest("hex")).toBe(theirs.digest("hex"));
      expect(pieces.reduce((crc, piece) => crc32(piece, crc), 0)).toBe(crc32(concatBytes(pieces)));
    }),
    { seed: 3 },
  );
});
