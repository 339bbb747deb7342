/** @thorough Mutated files of every format. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deflateRawSync, gzipSync } from "node:zlib";
import { unzipSync, zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { openDataset } from "../src/data/open-dataset.ts";
import { type ByteSource, bytesSource, concatBytes } from "../src/files/byte-source.ts";
import { crc32 } from "../src/files/crc32.ts";
import { readCsv } from "../src/files/csv.ts";
import { unwrapGzip } from "../src/files/gzip.ts";
import { readImage } from "../src/files/image.ts";
import { readIdx } from "../src/files/idx.ts";
import type { LazyArray } from "../src/files/lazy-array.ts";
import { readNpy } from "../src/files/npy.ts";
import { readNpz } from "../src/files/npz.ts";
import { readParquet } from "../src/files/parquet.ts";
import { encodeSafetensors, readSafetensors } from "../src/files/safetensors.ts";
import { createRandom, type RandomStream } from "../src/random/random-stream.ts";
import { tensor } from "../src/util/tensor.ts";
import { ThalwegError } from "../src/util/thalweg-error.ts";

/** Hostile files: every one must end in numbers or in a ThalwegError of kind "input", soon and in little memory. */

/** FUZZ_FILES=20000 npx vitest run test/fuzz-files.test.ts test/fuzz-documents.test.ts mutates more of each format. */
const CASES_PER_FORMAT = Number(process.env.FUZZ_FILES ?? 3200);

const fixture = (name: string) =>
  Uint8Array.from(readFileSync(fileURLToPath(new URL(`data/${name}`, import.meta.url))));
const encode = (text: string) => new TextEncoder().encode(text);

type Mutation = (bytes: Uint8Array, random: RandomStream) => Uint8Array;

/** Lengths that overflow, wrap around, or are one too many. */
const ABSURD = [0, 1, -1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 2 ** 40, 2 ** 53, 2 ** 63];

const splice = (bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array) =>
  concatBytes([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]);

const MUTATIONS: readonly Mutation[] = [
  function flipBits(bytes, random) {
    const changed = bytes.slice();
    for (let i = random.integer(8); i >= 0; i--) changed[random.integer(bytes.length)] ^= 1 << random.integer(8);
    return changed;
  },
  function flipBitInHeader(bytes, random) {
    const changed = bytes.slice();
    changed[random.integer(Math.min(bytes.length, 128))] ^= 1 << random.integer(8);
    return changed;
  },
  (bytes, random) => bytes.slice(0, random.integer(bytes.length)),
  function absurdLength(bytes, random) {
    const changed = bytes.slice();
    const value = BigInt(ABSURD[random.integer(ABSURD.length)]);
    const width = [1, 2, 4, 8][random.integer(4)];
    const bigEndian = random.integer(2) === 1;
    const reach = random.integer(2) === 1 ? Math.min(bytes.length, 64) : bytes.length;
    const at = random.integer(2) === 1 ? random.integer(reach) : bytes.length - 1 - random.integer(reach);
    for (let i = 0; i < width && at + i < bytes.length; i++)
      changed[at + i] = Number(BigInt.asUintN(64, value >> BigInt(8 * (bigEndian ? width - 1 - i : i))) & 255n);
    return changed;
  },
  function editNumberInText(bytes, random) {
    const digits = [...bytes.keys()].filter((i) => bytes[i] >= 0x30 && bytes[i] <= 0x39);
    if (digits.length === 0) return bytes.subarray(1);
    const number = ["0", "-1", "1e9", "99999999999", "9".repeat(30), "", "NaN", "(", ",", '"', "25000000000"][
      random.integer(11)
    ];
    return splice(bytes, digits[random.integer(digits.length)], random.integer(3), encode(number));
  },
  (bytes, random) => splice(bytes, random.integer(bytes.length), random.integer(40), new Uint8Array(0)),
  function repeatPart(bytes, random) {
    const from = random.integer(bytes.length);
    return splice(bytes, random.integer(bytes.length), 0, bytes.slice(from, from + random.integer(200)));
  },
  (bytes, random) =>
    splice(
      bytes,
      random.integer(bytes.length),
      0,
      Uint8Array.from({ length: random.integer(64) }, () => random.integer(256)),
    ),
];

function mutate(bytes: Uint8Array, random: RandomStream): Uint8Array {
  let changed = bytes;
  for (let rounds = 1 + random.integer(3); rounds > 0 && changed.length > 0; rounds--)
    changed = MUTATIONS[random.integer(MUTATIONS.length)](changed, random);
  return changed;
}

function readAll(arrays: Iterable<LazyArray>): void {
  for (const array of arrays) {
    array.read();
    if (array.shape.length > 0) array.rows(0, Math.min(1, array.shape[0]));
  }
}

interface Target {
  readonly format: string;
  readonly seeds: readonly Uint8Array[];
  readonly read: (source: ByteSource) => void;
}

/** Checksums of a PNG's parts made good again, so that what stands behind them is reached. */
function repairedPng(bytes: Uint8Array): Uint8Array {
  const out = bytes.slice();
  const view = new DataView(out.buffer);
  for (let at = 8; at + 12 <= out.length;) {
    const end = at + 12 + view.getUint32(at);
    if (end > out.length) break;
    view.setUint32(end - 4, crc32(out.subarray(at + 4, end - 4)) >>> 0);
    at = end;
  }
  return out;
}

/** Mutates what is inside and wraps it anew, so that checksums hold and the reader behind them is reached. */
const rewrapped = (bytes: Uint8Array, random: RandomStream) => {
  const inside = unzipSync(bytes);
  return zipSync(
    Object.fromEntries(
      Object.entries(inside).map(([name, file]) => [name, random.integer(2) === 1 ? mutate(file, random) : file]),
    ),
    { level: random.integer(2) === 1 ? 9 : 0 },
  );
};

const csvText = 'a,"b ""quoted""",kind\n1,2.5,rose\n-3e2,"4",aster\r\n\n5,6,"rose"\n';
const idxBytes = unwrapGzip(bytesSource("idx", fixture("idx/train-images-idx3-ubyte.gz")));
const weights = encodeSafetensors([
  ["layer.0/w", tensor("float32", [2, 3], new Float32Array(6).fill(0.5))],
  ["steps", tensor("int64", [2], Float64Array.of(1, 2))],
  ["mask", tensor("bool", [3], Uint8Array.of(1, 0, 1))],
]);

const TARGETS: readonly Target[] = [
  {
    format: "npz",
    seeds: ["types.npz", "layouts.npz", "images.npz"].map(fixture),
    read: (source) => readAll(readNpz(source).values()),
  },
  {
    format: "npy",
    seeds: ["version1.npy", "version2.npy", "version3.npy"].map(fixture),
    read: (source) => readAll([readNpy(source)]),
  },
  {
    format: "safetensors",
    seeds: [weights],
    read: (source) => readAll(readSafetensors(source).values()),
  },
  {
    format: "IDX",
    seeds: [
      idxBytes.read(0, idxBytes.size),
      fixture("idx/train-labels-idx1-ubyte"),
      fixture("idx/train-images-idx3-ubyte.gz"),
    ],
    read: (source) => readAll([readIdx(unwrapGzip(source))]),
  },
  {
    format: "CSV",
    seeds: [encode(csvText), Uint8Array.from(gzipSync(csvText)), encode("1;2;0\n3;4;1\n")],
    read(source) {
      const { x, y } = readCsv(unwrapGzip(source), { label: "2" });
      readAll(y ? [x, y] : [x]);
    },
  },
  {
    format: "Parquet",
    seeds: ["table.parquet", "lists.parquet", "delta.parquet", "split.parquet"].map(fixture),
    read(source) {
      const content = readParquet(source, { labelNames: ["kind", "label"] });
      readAll("table" in content ? [content.table.x] : content.arrays.values());
    },
  },
  {
    format: "PNG",
    seeds: ["8-2-1.png", "2-0-0.png", "palette-clear.png", "16-6-0.png"].map((name) => fixture(`pictures/${name}`)),
    read: (source) => void readImage(source),
  },
  {
    format: "JPEG",
    seeds: ["420-17x19-progressive.jpg", "422-17x19.jpg", "restart.jpg", "turned.jpg"].map((name) =>
      fixture(`pictures/${name}`),
    ),
    read: (source) => void readImage(source),
  },
];

/** Runs a reader on hostile bytes: true for numbers, false for a refusal; anything else fails the test. */
function survives(read: () => void, describeCase: string): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof ThalwegError && error.kind === "input" && error.message.length > 10 && error.hint)
      return false;
    throw new Error(`${describeCase} ended in ${String(error)}`, { cause: error });
  }
}

describe("mutated files", () => {
  test.each(TARGETS)("$format", { timeout: 30 * 60_000 }, ({ format, seeds, read }) => {
    const random = createRandom(1).split(format);
    let accepted = 0;
    for (let i = 0; i < CASES_PER_FORMAT; i++) {
      const seed = seeds[i % seeds.length];
      const wrapAnew = format === "npz" && i % 2 === 1;
      const mutated = wrapAnew ? rewrapped(seed, random) : mutate(seed, random);
      const hostile = format === "PNG" && i % 4 > 0 ? repairedPng(mutated) : mutated;
      const source = bytesSource("hostile", hostile);
      if (survives(() => read(source), `${format} case ${i}`)) accepted++;
      survives(
        () => openDataset("hostile", { data: source }, { label: format === "CSV" ? "2" : undefined }).batch(0, 1),
        `dataset from ${format} case ${i}`,
      );
    }
    expect(accepted).toBeGreaterThan(CASES_PER_FORMAT / 200);
    expect(CASES_PER_FORMAT - accepted).toBeGreaterThan(CASES_PER_FORMAT / 4);
  });
});

describe("files that claim too much are refused in little memory", () => {
  const MEBIBYTE = 2 ** 20;

  /** How an action is refused, and by how many bytes the process grew beyond what is allowed. */
  function refusal(action: () => unknown, allowed: number): { code: string; excess: number } {
    const before = process.memoryUsage();
    try {
      action();
      return { code: "accepted", excess: 0 };
    } catch (error) {
      if (!(error instanceof ThalwegError) || error.kind !== "input") throw error;
      const after = process.memoryUsage();
      const buffers = after.arrayBuffers - before.arrayBuffers - allowed;
      const resident = after.rss - before.rss - allowed - 32 * MEBIBYTE;
      return { code: error.code, excess: Math.max(0, buffers, resident) };
    }
  }

  const header = (shape: string) => {
    const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117) + "\n";
    return concatBytes([Uint8Array.of(0x93), encode("NUMPY"), Uint8Array.of(1, 0, 118, 0), encode(text)]);
  };

  /** A zip archive of one deflated entry that declares `size` bytes. */
  function bomb(deflated: Uint8Array, size: number): Uint8Array {
    const honest = zipSync({ "x.npy": new Uint8Array(1) }, { level: 0 });
    const view = new DataView(honest.buffer);
    const central = honest.length - 22 - 51;
    const data = 30 + 5;
    for (const at of [8, central + 10]) view.setUint16(at, 8, true);
    for (const at of [18, central + 20]) view.setUint32(at, deflated.length, true);
    for (const at of [22, central + 24]) view.setUint32(at, size, true);
    view.setUint32(honest.length - 22 + 16, data + deflated.length, true);
    return concatBytes([honest.subarray(0, data), deflated, honest.subarray(central)]);
  }

  const zeros = (mebibytes: number, prefix: Uint8Array) =>
    deflateRawSync(concatBytes([prefix, new Uint8Array(mebibytes * MEBIBYTE)]), { level: 9 });

  test("a tensor of 100 GB in a small file", () => {
    const shape = "(25000000000,)";
    expect(refusal(() => readNpy(bytesSource("x.npy", header(shape))), MEBIBYTE)).toEqual({
      code: "npy-size",
      excess: 0,
    });
    for (const level of [0, 9] as const)
      expect(
        refusal(() => readNpz(bytesSource("x.npz", zipSync({ "x.npy": header(shape) }, { level }))), MEBIBYTE),
      ).toEqual({ code: "npy-size", excess: 0 });
    const json = encode('{"w":{"dtype":"F32","shape":[25000000000],"data_offsets":[0,100000000000]}}');
    expect(
      refusal(
        () => readSafetensors(bytesSource("w", concatBytes([Uint8Array.of(json.length, 0, 0, 0, 0, 0, 0, 0), json]))),
        MEBIBYTE,
      ),
    ).toEqual({ code: "bad-safetensors", excess: 0 });
    expect(
      refusal(() => readIdx(bytesSource("i", Uint8Array.of(0, 0, 8, 2, 0x7f, 255, 255, 255, 0, 0, 0, 50))), MEBIBYTE),
    ).toEqual({ code: "idx-size", excess: 0 });
  });

  test("a bomb that declares its size: more than the limit", () => {
    const size = 200 * MEBIBYTE;
    const bytes = bomb(zeros(200, header(`(${size / 4},)`)), size + 128);
    const limits = { maxBytes: 2 ** 32, maxInflatedBytes: 64 * MEBIBYTE };
    expect(refusal(() => readNpz(bytesSource("x.npz", bytes), limits).get("x")?.rows(0, 1), 4 * MEBIBYTE)).toEqual({
      code: "inflates-too-far",
      excess: 0,
    });
  });

  test("a bomb that declares little and expands far", () => {
    const bytes = bomb(zeros(200, header("(100,)")), 528);
    expect(refusal(() => readNpz(bytesSource("x.npz", bytes)).get("x")?.read(), 4 * MEBIBYTE)).toEqual({
      code: "damaged-zip",
      excess: 0,
    });
  });

  test("a bomb that declares what deflate cannot reach", () => {
    const bytes = bomb(zeros(1, header("(100,)")), 0xf0000000);
    expect(refusal(() => readNpz(bytesSource("x.npz", bytes)), MEBIBYTE)).toEqual({ code: "damaged-zip", excess: 0 });
  });

  test("a gzip bomb", () => {
    const bytes = Uint8Array.from(gzipSync(new Uint8Array(200 * MEBIBYTE)));
    expect(
      refusal(
        () => unwrapGzip(bytesSource("x.gz", bytes), { maxBytes: 2 ** 32, maxInflatedBytes: MEBIBYTE }),
        16 * MEBIBYTE,
      ),
    ).toEqual({ code: "inflates-too-far", excess: 0 });
  });

  test("a Parquet file whose list claims two thousand million entries, or whose page does", () => {
    const magic = encode("PAR1");
    const claim = concatBytes([Uint8Array.of(0x15, 2, 0x19, 0xfc, 0xff, 0xff, 0xff, 0x07), new Uint8Array(64)]);
    const file = concatBytes([magic, claim, Uint8Array.of(claim.length, 0, 0, 0), magic]);
    expect(refusal(() => readParquet(bytesSource("p", file)), MEBIBYTE)).toEqual({ code: "bad-parquet", excess: 0 });
    const table = fixture("table.parquet");
    const limits = { maxBytes: 2 ** 32, maxInflatedBytes: 16 };
    expect(refusal(() => readParquet(bytesSource("p", table), { label: "kind" }, limits), MEBIBYTE)).toEqual({
      code: "inflates-too-far",
      excess: 0,
    });
  });

  test("entries that share their data", () => {
    const names = Array.from({ length: 100 }, (_, i) => `${i}.npy`);
    const honest = zipSync(Object.fromEntries(names.map((name) => [name, header("(0,)")])), {
      level: 0,
    });
    const view = new DataView(honest.buffer);
    for (let at = 0; at + 46 <= honest.length; at++)
      if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 42, 0, true);
    expect(refusal(() => readNpz(bytesSource("x.npz", honest)), MEBIBYTE)).toEqual({ code: "damaged-zip", excess: 0 });
  });

  test("a header nested a million deep", () => {
    const json = encode(`{"w":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}`);
    const length = new Uint8Array(8);
    new DataView(length.buffer).setUint32(0, json.length, true);
    expect(() => readSafetensors(bytesSource("w", concatBytes([length, json])))).toThrow(
      expect.objectContaining({ kind: "input", code: "bad-safetensors" }),
    );
    const tuple = `{'descr': '<f4', 'fortran_order': False, 'shape': ${"(".repeat(30_000)}`.padEnd(65_534);
    const npy = concatBytes([Uint8Array.of(0x93), encode("NUMPY"), Uint8Array.of(1, 0, 0xfe, 0xff), encode(tuple)]);
    expect(() => readNpy(bytesSource("x.npy", npy))).toThrow(
      expect.objectContaining({ kind: "input", code: "bad-npy-header" }),
    );
  });

  test("text without an end: one line, or one quote, of 10 MB", () => {
    const line = new Uint8Array(10 * MEBIBYTE).fill(0x31);
    expect(() => readCsv(bytesSource("d.csv", line))).toThrow(expect.objectContaining({ code: "csv-record-too-long" }));
    const lines = new Uint8Array(10 * MEBIBYTE).map((_, i) => (i % 2 ? 0x0a : 0x31));
    lines[0] = 0x22;
    expect(() => readCsv(bytesSource("d.csv", lines))).toThrow(
      expect.objectContaining({ code: "csv-record-too-long" }),
    );
  });
});
