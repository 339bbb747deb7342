import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { zipSync } from "fflate";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Tensor, tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { bytesSource, type ByteSource, concatBytes } from "./byte-source.ts";
import { readNpy } from "./npy.ts";
import { encodeNpy, npyChunks } from "./npy-writer.ts";
import { encodeNpz, readNpz } from "./npz.ts";
import { DEFAULT_LIMITS } from "./read-limits.ts";
import { zipChunks } from "./zip-writer.ts";

const fixture = (name: string) => readFileSync(fileURLToPath(new URL(`../../test/data/${name}`, import.meta.url)));
const source = (name: string) => bytesSource(name, fixture(name));

function npy(descr: string, shape: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const [header] = npyChunks(tensor("float32", [1], new Float32Array(1)));
  const text = `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`;
  const changed = header.slice();
  changed.fill(0x20, 10).set(new TextEncoder().encode(text), 10);
  return concatBytes([changed, data]);
}

/** Counts the bytes asked for, to show that reading is lazy. */
function counting(inner: ByteSource): ByteSource & { total: number } {
  return {
    ...inner,
    total: 0,
    read(offset, length) {
      this.total += length;
      return inner.read(offset, length);
    },
  };
}

describe("files that NumPy wrote", () => {
  const expected: Record<string, { shape: number[]; values: number[] }> = JSON.parse(fixture("types.json").toString());
  const arrays = readNpz(source("types.npz"));

  test.each(Object.keys(expected))("%s is read exactly", (name) => {
    const array = arrays.get(name);
    expect(array?.shape).toEqual(expected[name].shape);
    expect([...(array?.read().data ?? [])]).toEqual(expected[name].values);
    expect([...(array?.rows(1, 2).data ?? [])]).toEqual(expected[name].values.slice(3));
  });

  test.each([1, 2, 3])("format version %i", (version) => {
    const array = readNpy(source(`version${version}.npy`));
    expect(array.shape).toEqual([4, 3, 2]);
    expect([...array.read().data]).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  test("Fortran order, scalars, empty arrays and ONNX names, deflated", () => {
    const layouts = readNpz(source("layouts.npz"));
    expect([...layouts.keys()]).toEqual(["fortran", "scalar", "empty", "/block.0/MatMul::weight", "vector", "größe"]);
    expect([...(layouts.get("fortran")?.read().data ?? [])]).toEqual(Array.from({ length: 24 }, (_, i) => i));
    expect([...(layouts.get("fortran")?.rows(1, 3).data ?? [])]).toEqual(Array.from({ length: 12 }, (_, i) => i + 6));
    expect(layouts.get("scalar")?.read()).toEqual(tensor("float32", [], Float32Array.of(2.5)));
    expect(layouts.get("empty")?.read().shape).toEqual([0, 5]);
    expect(layouts.get("/block.0/MatMul::weight")?.rows(3, 4)).toEqual(
      tensor("float32", [1, 3, 2], Float32Array.of(18, 19, 20, 21, 22, 23)),
    );
  });
});

describe("what is written is read back", () => {
  const anyTensor: fc.Arbitrary<Tensor> = fc
    .tuple(
      fc.constantFrom("float32", "float64", "int64", "bool"),
      fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
      fc.integer(),
    )
    .map(([dtype, shape, seed]) => {
      const size = shape.reduce((product, extent) => product * extent, 1);
      const numbers = Array.from({ length: size }, (_, i) => (dtype === "bool" ? (seed + i) & 1 : seed * (i + 1)));
      const data =
        dtype === "float32"
          ? Float32Array.from(numbers)
          : dtype === "bool"
            ? Uint8Array.from(numbers)
            : Float64Array.from(numbers);
      return tensor(dtype, shape, data);
    });

  test("npz, any names and shapes", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.tuple(
            fc.string({ unit: "grapheme" }).filter((name) => !name.includes("\0")),
            anyTensor,
          ),
          { selector: ([name]) => name, maxLength: 5 },
        ),
        (arrays) => {
          const read = readNpz(bytesSource("memory", encodeNpz(arrays)));
          expect([...read].map(([name, array]) => [name, array.read()])).toEqual(arrays);
        },
      ),
      { seed: 1 },
    );
  });

  test("with zip64 records throughout", () => {
    const held = tensor("float64", [2], Float64Array.of(1, 2));
    const bytes = concatBytes(
      zipChunks(
        [
          { name: "a.npy", pieces: npyChunks(held) },
          { name: "b.npy", pieces: npyChunks(held) },
        ],
        true,
      ),
    );
    expect(readNpz(bytesSource("memory", bytes)).get("b")?.read()).toEqual(held);
  });

  test("the same arrays give the same bytes, and a name with a zero is refused", () => {
    const held = tensor("float32", [1], Float32Array.of(3));
    expect(encodeNpz([["w", held]])).toEqual(encodeNpz([["w", held]]));
    expect(() => encodeNpz([["a\0b", held]])).toThrow(expect.objectContaining({ code: "bad-array-name" }));
  });
});

describe("rows are read lazily", () => {
  const big = tensor("float32", [100_000, 4], new Float32Array(400_000).fill(1));

  test("a .npy file: the header and the rows", () => {
    const counted = counting(bytesSource("x.npy", encodeNpy(big)));
    const array = readNpy(counted);
    const before = counted.total;
    array.rows(50_000, 50_010);
    expect(counted.total - before).toBe(160);
  });

  test("a stored entry: its checksum once, then the rows", () => {
    const counted = counting(
      bytesSource(
        "x.npz",
        encodeNpz([
          ["x", big],
          ["unused", big],
        ]),
      ),
    );
    const array = readNpz(counted).get("x");
    expect(counted.total).toBeLessThan(400_000);
    array?.rows(0, 1);
    const before = counted.total;
    array?.rows(99_999, 100_000);
    expect(counted.total - before).toBe(16);
  });
});

describe("refused with a reason", () => {
  const open = (bytes: Uint8Array) => () => readNpy(bytesSource("x.npy", bytes), "x").read();

  test.each([
    ["not a NumPy file", Uint8Array.of(1, 2, 3), "not-npy"],
    ["Python objects", npy("'|O'", "(1,)"), "unsupported-npy-type"],
    ["records", npy("[('a', '<f4')]", "(1,)"), "unsupported-npy-type"],
    ["a tensor of 100 GB", npy("'<f4'", "(25000000000,)"), "npy-size"],
    ["an impossible shape", npy("'<f4'", "(99999999999, 99999999999)"), "bad-shape"],
    ["an impossible empty shape", npy("'<f4'", "(0, 99999999999, 99999999999)"), "bad-shape"],
    ["a negative length", npy("'<f4'", "(-1,)"), "bad-npy-header"],
    ["missing bytes", encodeNpy(tensor("float32", [3], new Float32Array(3))).subarray(0, -1), "npy-size"],
    [
      "bytes left over",
      concatBytes([encodeNpy(tensor("float32", [3], new Float32Array(3))), Uint8Array.of(0)]),
      "npy-size",
    ],
    ["an integer beyond 2^53", npy("'<i8'", "(1,)", Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0x7f)), "integer-too-large"],
  ])("%s", (_, bytes, code) => {
    expect(open(bytes)).toThrow(expect.objectContaining({ name: "ThalwegError", kind: "input", code }));
  });

  test.each(["'|O'", "'<U6'", "'|S4'"])(
    "labels that are no numbers (%s) are told how to become class numbers",
    (type) => {
      expect(() => readNpy(bytesSource("y.npy", npy(type, "(1,)")), "y")).toThrow(
        expect.objectContaining({
          code: "unsupported-npy-type",
          hint: expect.stringContaining("numpy.unique(array, return_inverse=True)[1]"),
        }),
      );
    },
  );

  test("one read beyond the memory limit", () => {
    const array = readNpy(bytesSource("x.npy", encodeNpy(tensor("float64", [100], new Float64Array(100)))), "x", {
      ...DEFAULT_LIMITS,
      maxBytes: 400,
    });
    expect(array.rows(0, 50).shape).toEqual([50]);
    expect(() => array.rows(0, 51)).toThrow(expect.objectContaining({ code: "array-too-large" }));
  });

  test.each([0, 9] as const)("no changed byte in an archive (level %i) changes a number unnoticed", (level) => {
    const held = tensor(
      "float64",
      [8],
      Float64Array.from({ length: 8 }, (_, i) => Math.floor(i / 2) / 10),
    );
    const bytes = zipSync({ "x.npy": encodeNpy(held) }, { level });
    const outcomes = Array.from(bytes, (_, at) => {
      const changed = bytes.slice();
      changed[at] ^= 1 << (at % 8);
      return outcome(changed, held);
    });
    expect(outcomes.filter((each) => each === "changed")).toEqual([]);
    expect(outcomes.filter((each) => each === "refused").length).toBeGreaterThan(bytes.length / 3);
  });

  function outcome(archive: Uint8Array, held: Tensor): "absent" | "same" | "changed" | "refused" {
    try {
      const array = readNpz(bytesSource("x.npz", archive)).get("x");
      if (!array) return "absent";
      return JSON.stringify(array.read()) === JSON.stringify(held) ? "same" : "changed";
    } catch (error) {
      if (error instanceof ThalwegError && error.kind === "input") return "refused";
      throw error;
    }
  }

  test("arrays that expand beyond the limit together", () => {
    const file = encodeNpy(tensor("float64", [1000], new Float64Array(1000)));
    const bytes = zipSync({ "a.npy": file, "b.npy": file }, { level: 9 });
    const arrays = readNpz(bytesSource("x.npz", bytes), {
      ...DEFAULT_LIMITS,
      maxInflatedBytes: 10_000,
    });
    expect(arrays.get("a")?.read().shape).toEqual([1000]);
    expect(() => arrays.get("b")?.read()).toThrow(expect.objectContaining({ code: "inflates-too-far" }));
  });
});
