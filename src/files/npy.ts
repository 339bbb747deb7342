import { type ByteSource, littleEndian } from "./byte-source.ts";
import { ELEMENT_TYPES, type ElementType } from "./element-type.ts";
import { inputError } from "./input-error.ts";
import { declaredBytes, type LazyArray, regionArray } from "./lazy-array.ts";
import { DEFAULT_LIMITS, type ReadLimits } from "./read-limits.ts";

/** "\x93NUMPY" */
export const NPY_MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);

/** Plain arrays need about 100 bytes of header; the rest of this is room for alignment. */
const MAX_HEADER_BYTES = 1 << 16;

/** The part of a file that always holds the whole header. */
export const NPY_PREFIX_BYTES = 12 + MAX_HEADER_BYTES;

/** NumPy's type codes. */
const TYPES = new Map<string, ElementType>([
  ["b1", ELEMENT_TYPES.bool],
  ["u1", ELEMENT_TYPES.uint8],
  ["i1", ELEMENT_TYPES.int8],
  ["u2", ELEMENT_TYPES.uint16],
  ["i2", ELEMENT_TYPES.int16],
  ["u4", ELEMENT_TYPES.uint32],
  ["i4", ELEMENT_TYPES.int32],
  ["u8", ELEMENT_TYPES.uint64],
  ["i8", ELEMENT_TYPES.int64],
  ["f2", ELEMENT_TYPES.float16],
  ["f4", ELEMENT_TYPES.float32],
  ["f8", ELEMENT_TYPES.float64],
]);

export interface NpyHeader {
  readonly type: ElementType;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Byte of the first element. */
  readonly dataOffset: number;
}

/**
 * Opens a .npy file (format 1.0 to 3.0; bool, integers, float16 to float64 of either byte order, C or
 * Fortran order). Only the header is read.
 *
 * @throws ThalwegError `not-npy`, `bad-npy-header`, `unsupported-npy-type`, `bad-shape`, `npy-size`
 * @example
 * readNpy(bytesSource("x.npy", bytes)).rows(0, 10).shape; // [10, 64]
 */
export function readNpy(source: ByteSource, name = "The array", limits: ReadLimits = DEFAULT_LIMITS): LazyArray {
  const prefix = source.read(0, Math.min(source.size, NPY_PREFIX_BYTES));
  return npyArray(parseNpyHeader(prefix, name, source.name), name, source, limits);
}

/** The array behind a header that was parsed before; the source must hold just its data. */
export function npyArray(header: NpyHeader, name: string, source: ByteSource, limits: ReadLimits): LazyArray {
  const { dataOffset: offset, ...layout } = header;
  const needed = offset + declaredBytes(name, source.name, header.type, header.shape);
  if (needed !== source.size) {
    throw inputError(
      "npy-size",
      `${name} in ${source.name} declares shape (${header.shape.join(", ")}) of ${header.type.name}, ${needed} bytes with its header, but ${source.size} bytes are there.`,
      { file: source.name, input: name, shape: header.shape },
      "The file is damaged or was not written to its end: save it again.",
    );
  }
  return regionArray({ name, source, offset, ...layout }, limits);
}

/** Reads the header at the beginning of a .npy file from its first NPY_PREFIX_BYTES bytes. */
export function parseNpyHeader(prefix: Uint8Array, name: string, file: string): NpyHeader {
  if (!NPY_MAGIC.every((byte, i) => prefix[i] === byte)) {
    throw inputError(
      "not-npy",
      `${name} in ${file} is not a NumPy array: it does not begin with "\\x93NUMPY".`,
      { file, input: name },
      "Save it with numpy.save or numpy.savez.",
    );
  }
  const bad = (reason: string) =>
    inputError(
      "bad-npy-header",
      `The NumPy header of ${name} in ${file} cannot be read: ${reason}.`,
      { file, input: name },
      "The file is damaged: save it again.",
    );
  if (prefix.length < 12) throw bad("it is cut off");
  const version = prefix[6];
  if (version < 1 || version > 3) throw bad(`its format version is ${version}, and 1 to 3 are known`);
  const start = version === 1 ? 10 : 12;
  const length = littleEndian(prefix, 8, start - 8);
  if (length > MAX_HEADER_BYTES) throw bad(`it claims to be ${length} bytes long`);
  if (start + length > prefix.length) throw bad("it is cut off");

  const entries = dictEntries(prefix.subarray(start, start + length), bad);
  const fortranOrder = entries.get("fortran_order");
  const shape = entries.get("shape");
  const descr = entries.get("descr");
  if (fortranOrder !== "True" && fortranOrder !== "False") throw bad("fortran_order is not True or False");
  if (shape === undefined || !/^\((\s*\d+L?\s*,)*(\s*\d+L?)?\s*\)$/.test(shape))
    throw bad("shape is not a tuple of lengths");
  if (descr === undefined) throw bad("descr is missing");
  return {
    ...parseType(descr, name, file),
    fortranOrder: fortranOrder === "True",
    shape: (shape.match(/\d+/g) ?? []).map(Number),
    dataOffset: start + length,
  };
}

/** One `'key': value` of the Python dict; a list (structured type) is not read further. */
const ENTRY = /\s*(?:'(\w+)'|"(\w+)")\s*:\s*('[^']*'|"[^"]*"|True|False|\([^()]*\)|\[)\s*(,?)/y;

function dictEntries(bytes: Uint8Array, bad: (reason: string) => Error): Map<string, string> {
  const text = String.fromCharCode(...bytes.subarray(0, 4096));
  const entries = new Map<string, string>();
  const opening = /^\s*\{/.exec(text);
  if (opening === null) throw bad("it is not a dictionary");
  const entry = new RegExp(ENTRY);
  entry.lastIndex = opening[0].length;
  for (let end = entry.lastIndex; ; end = entry.lastIndex) {
    const match = entry.exec(text);
    if (match === null) {
      if (/^\s*\}/.test(text.slice(end, end + 256))) return entries;
      throw bad("it is not a plain dictionary");
    }
    const key = match[1] ?? match[2];
    if (entries.has(key)) throw bad(`${key} appears twice`);
    entries.set(key, match[3]);
    if (match[3] === "[") return entries.set("fortran_order", "False").set("shape", "()");
  }
}

function parseType(descr: string, name: string, file: string): { type: ElementType; littleEndian: boolean } {
  const match = /^['"]([<>|=])(\w+)['"]$/.exec(descr);
  const type = match ? TYPES.get(match[2]) : undefined;
  if (match && type) return { type, littleEndian: match[1] !== ">" };
  const found = descr === "[" ? "records (a structured type)" : `the type ${descr.slice(0, 40)}`;
  throw inputError(
    "unsupported-npy-type",
    `${name} in ${file} holds ${found}; bool, integers and float16, float32, float64 are read.`,
    { file, input: name },
    /[OUS]/.test(descr)
      ? `Save numbers, not ${descr.includes("O") ? "Python objects" : "text"}: array.astype('float32') where they are numbers; for the names of classes, their numbers as the network counts them (numpy.unique(array, return_inverse=True)[1] counts in alphabetical order).`
      : "Convert it first: array.astype('float32').",
  );
}
