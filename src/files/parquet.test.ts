import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openDataset } from "../data/open-dataset.ts";
import { bytesSource } from "./byte-source.ts";
import { readNpz } from "./npz.ts";
import { readParquet } from "./parquet.ts";
import { readRuns } from "./parquet-runs.ts";
import { endOfThrift } from "./parquet-thrift.ts";

/** The files and what is expected of them were written by test/data/make_parquet.py. */
const fixture = (name: string) =>
  Uint8Array.from(readFileSync(fileURLToPath(new URL(`../../test/data/${name}`, import.meta.url))));
const source = (name: string) => bytesSource(name, fixture(name));
const expected = (name: string) => readNpz(source("parquet.npz")).get(name)?.read();

const tableOf = (content: ReturnType<typeof readParquet>) => ("table" in content ? content.table : undefined);
const arraysOf = (content: ReturnType<typeof readParquet>) => ("arrays" in content ? content : undefined);

describe("a table of Parquet", () => {
  it.each(["snappy", "gzip", "delta", "split"])("%s: every number is the one that pyarrow wrote", (name) => {
    const table = tableOf(readParquet(source(`${name}.parquet`)));
    expect(table?.columns).toEqual("f16 f32 f64 i8 i16 i32 i64 u8 u16 u32 u64 few runs bool dec".split(" "));
    expect(table?.x.read()).toEqual(expected("numbers"));
  });

  it("gives its column of words as classes, and leaves out the index of pandas", () => {
    const content = readParquet(source("table.parquet"), { label: "kind" });
    const table = tableOf(content);
    expect(content.index).toEqual(["__index_level_0__"]);
    expect(table).toMatchObject({ columns: ["a", "b"], column: "kind", classNames: ["aster", "rose"] });
    expect([...(table?.y?.read().data ?? [])]).toEqual([1, 0, 1]);
    expect([...(table?.x.read().data ?? [])]).toEqual([0.5, 1, 1.5, 2, 2.5, 3]);
  });

  it("is a dataset as the same table in CSV is", () => {
    const csv = bytesSource("table.csv", new TextEncoder().encode("a,kind,b\n0.5,rose,1\n1.5,aster,2\n2.5,rose,3\n"));
    const [one, other] = [source("table.parquet"), csv].map((data) =>
      openDataset("table", { data }, { label: "kind" }),
    );
    expect(one.batch(0, 3)).toEqual(other.batch(0, 3));
    expect(one.labels).toEqual(other.labels);
    expect(one.notes.join(" ")).toContain("the index that pandas writes, was left out");
  });

  it("gives lists as arrays of more axes", () => {
    const content = arraysOf(readParquet(source("lists.parquet"), { labelNames: ["label"] }));
    expect(content?.arrays.get("pixels")?.read()).toEqual(expected("pixels"));
    expect(content?.arrays.get("label")?.read().data).toEqual(expected("kinds")?.data);
    expect(content?.classNames).toEqual(["aster", "iris", "rose"]);
    expect([...(content?.unreadable.keys() ?? [])]).toEqual(["file"]);
    expect(arraysOf(readParquet(source("lists.parquet"), { label: "1" }))?.labels?.name).toBe("label");
  });
});

describe("what is refused", () => {
  it.each([
    ["missing.parquet", "parquet-missing", /Row 1, column 0 \("a"\).* holds nothing/],
    ["table.parquet", "parquet-not-a-number", /column 1 \("kind"\).* holds text/],
    ["brotli.parquet", "bad-parquet", /compressed with BROTLI; UNCOMPRESSED, SNAPPY, GZIP, ZSTD are read/],
    ["ragged.parquet", "parquet-lists", /"?tokens"? of .* not all of one length/],
  ])("%s: %s", (name, code, message) => {
    expect(() => readParquet(source(name))).toThrow(
      expect.objectContaining({ kind: "input", code, message: expect.stringMatching(message) }),
    );
  });

  it("says what a column of words may be", () => {
    expect(() => readParquet(source("table.parquet"))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("--label kind") }),
    );
  });

  it("a page whose checksum does not match", () => {
    const bytes = fixture("gzip.parquet");
    bytes[200] ^= 1;
    expect(() => readParquet(bytesSource("g", bytes))).toThrow(expect.objectContaining({ code: "bad-parquet" }));
  });

  it("a file that was cut", () => {
    const bytes = fixture("snappy.parquet");
    expect(() => readParquet(bytesSource("cut", bytes.subarray(0, 3000)))).toThrow(
      /not written or downloaded to its end/,
    );
  });
});

describe("runs", () => {
  it("are repeated or packed", () => {
    // Five times 3, then a group of eight: 0 to 7, of three bits each.
    expect(readRuns(Uint8Array.of(10, 3, 3, 0x88, 0xc6, 0xfa), 3, 13)).toEqual(
      Int32Array.of(3, 3, 3, 3, 3, 0, 1, 2, 3, 4, 5, 6, 7),
    );
  });
  it.each([
    ["an empty run", [0, 3]],
    ["too few", [10, 3]],
    ["a cut group", [3, 0x88]],
  ])("refuse %s", (_, bytes) => {
    expect(readRuns(Uint8Array.from(bytes), 3, 8)).toBeUndefined();
  });
});

describe("a structure of Thrift", () => {
  it.each([
    ["a list that claims more than there is", [0x19, 0xfc, 0xff, 0xff, 0xff, 0x0f, 0]],
    ["a text that claims more than there is", [0x18, 0x20, 0x41, 0]],
    ["no end", [0x15, 2]],
    ["a type that Parquet does not use", [0x1b, 0]],
    ["a depth without end", Array<number>(1000).fill(0x1c)],
  ])("is refused with %s", (_, bytes) => {
    expect(endOfThrift(Uint8Array.from(bytes), 0)).toBeUndefined();
  });
  it("ends behind its last field", () => {
    expect(endOfThrift(Uint8Array.of(0x15, 2, 0x28, 0x15, 0x02, 0x41, 0, 9), 0)).toBeUndefined();
    expect(endOfThrift(Uint8Array.of(0x15, 2, 0x18, 1, 0x41, 0, 9), 0)).toBe(6);
  });
});
