import type { DType, TensorData } from "../util/tensor.ts";
import type { Where } from "../util/thalweg-error.ts";
import { bfloat16Values, float16 } from "./half-float.ts";
import { inputError } from "./input-error.ts";

export type ElementName =
  | "bool"
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "float16"
  | "bfloat16"
  | "float32"
  | "float64";

/** A type that numbers have in a file, and how they become elements of a Tensor. */
export interface ElementType {
  readonly name: ElementName;
  /** Bytes of one element in the file. */
  readonly bytes: number;
  /** The tensor type that holds it without loss (64-bit integers up to 2^53). */
  readonly dtype: DType;
  /** Stores `count` native-endian elements of `buffer` from `offset` (aligned) into `out` from `at`. */
  store(buffer: ArrayBufferLike, offset: number, count: number, out: TensorData, at: number, where: Where): void;
}

type NumberArray = ArrayLike<number>;
type View = (buffer: ArrayBufferLike, offset: number, count: number) => NumberArray;

function plain(name: ElementName, bytes: number, dtype: DType, view: View): ElementType {
  return {
    name,
    bytes,
    dtype,
    store: (buffer, offset, count, out, at) => out.set(view(buffer, offset, count), at),
  };
}

function wideInteger(name: "int64" | "uint64"): ElementType {
  return {
    name,
    bytes: 8,
    dtype: "int64",
    store(buffer, offset, count, out, at, where) {
      const words = new Uint32Array(buffer, offset, 2 * count);
      const low = NATIVE_LITTLE_ENDIAN ? 0 : 1;
      for (let i = 0; i < count; i++) {
        const raised = words[2 * i + 1 - low];
        const high = name === "int64" ? raised | 0 : raised;
        const value = high * 2 ** 32 + words[2 * i + low];
        if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
          throw inputError(
            "integer-too-large",
            `${where.input ?? "The array"} holds the integer ${value.toExponential(3)}; only integers up to 2^53 - 1 are kept exactly.`,
            where,
            "Store smaller integers, or the numbers as float64.",
          );
        }
        out[at + i] = value;
      }
    },
  };
}

const NATIVE_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Every element type that a file may hold. */
export const ELEMENT_TYPES: { readonly [Name in ElementName]: ElementType } = {
  bool: plain("bool", 1, "bool", (b, o, n) => new Uint8Array(b, o, n).map((byte) => (byte ? 1 : 0))),
  uint8: plain("uint8", 1, "int64", (b, o, n) => new Uint8Array(b, o, n)),
  int8: plain("int8", 1, "int64", (b, o, n) => new Int8Array(b, o, n)),
  uint16: plain("uint16", 2, "int64", (b, o, n) => new Uint16Array(b, o, n)),
  int16: plain("int16", 2, "int64", (b, o, n) => new Int16Array(b, o, n)),
  uint32: plain("uint32", 4, "int64", (b, o, n) => new Uint32Array(b, o, n)),
  int32: plain("int32", 4, "int64", (b, o, n) => new Int32Array(b, o, n)),
  uint64: wideInteger("uint64"),
  int64: wideInteger("int64"),
  float16: plain("float16", 2, "float32", (b, o, n) => Float32Array.from(new Uint16Array(b, o, n), float16)),
  bfloat16: plain("bfloat16", 2, "float32", (b, o, n) => bfloat16Values(new Uint16Array(b, o, n))),
  float32: plain("float32", 4, "float32", (b, o, n) => new Float32Array(b, o, n)),
  float64: plain("float64", 8, "float64", (b, o, n) => new Float64Array(b, o, n)),
};

/**
 * Decodes a whole number of elements from `bytes` into `out`, beginning at element `at`.
 *
 * @param littleEndian byte order in the file
 * @throws ThalwegError `integer-too-large` for 64-bit integers beyond 2^53
 */
export function decodeElements(
  type: ElementType,
  bytes: Uint8Array,
  littleEndian: boolean,
  out: TensorData,
  at: number,
  where: Where,
): void {
  let source = bytes;
  if (type.bytes > 1 && littleEndian !== NATIVE_LITTLE_ENDIAN) source = swapped(bytes, type.bytes);
  else if (bytes.byteOffset % type.bytes !== 0) source = Uint8Array.from(bytes);
  type.store(source.buffer, source.byteOffset, Math.floor(source.length / type.bytes), out, at, where);
}

function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const copy = new Uint8Array(bytes.length);
  for (let start = 0; start < bytes.length; start += width) {
    for (let i = 0; i < width; i++) copy[start + i] = bytes[start + width - 1 - i];
  }
  return copy;
}

/** Little-endian bytes of a tensor, as its own type in files: float32, float64, int64, bool. */
export function encodeElements(dtype: DType, data: TensorData): Uint8Array {
  if (dtype === "int64") {
    const integers = BigInt64Array.from(data, (value) => BigInt(value));
    return littleEndianBytes(integers, 8);
  }
  return littleEndianBytes(data, data.BYTES_PER_ELEMENT);
}

function littleEndianBytes(data: ArrayBufferView, width: number): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return NATIVE_LITTLE_ENDIAN || width === 1 ? bytes : swapped(bytes, width);
}
