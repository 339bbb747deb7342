import type { DType, Tensor } from "../util/tensor.ts";
import { type ByteSource, concatBytes, littleEndian } from "./byte-source.ts";
import { ELEMENT_TYPES, type ElementType, encodeElements } from "./element-type.ts";
import { fileKind, HEAD_BYTES } from "./file-kind.ts";
import { inputError } from "./input-error.ts";
import { declaredBytes, type LazyArray, regionArray } from "./lazy-array.ts";
import { DEFAULT_LIMITS, type ReadLimits } from "./read-limits.ts";
import { isRecord } from "../util/is-record.ts";

/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;

const LENGTH_BYTES = 8;
const METADATA = "__metadata__";

const TYPES = new Map<string, ElementType>([
  ["BOOL", ELEMENT_TYPES.bool],
  ["U8", ELEMENT_TYPES.uint8],
  ["I8", ELEMENT_TYPES.int8],
  ["U16", ELEMENT_TYPES.uint16],
  ["I16", ELEMENT_TYPES.int16],
  ["U32", ELEMENT_TYPES.uint32],
  ["I32", ELEMENT_TYPES.int32],
  ["U64", ELEMENT_TYPES.uint64],
  ["I64", ELEMENT_TYPES.int64],
  ["F16", ELEMENT_TYPES.float16],
  ["BF16", ELEMENT_TYPES.bfloat16],
  ["F32", ELEMENT_TYPES.float32],
  ["F64", ELEMENT_TYPES.float64],
]);

/**
 * The tensors of a .safetensors file by name, read lazily. As the format demands, they must cover
 * the data without gap or overlap.
 *
 * @throws ThalwegError `bad-safetensors`, `unsupported-safetensors-type`, `bad-shape`
 * @example
 * readSafetensors(source).get("layer1.weight")?.shape;
 */
export function readSafetensors(source: ByteSource, limits: ReadLimits = DEFAULT_LIMITS): Map<string, LazyArray> {
  const bad = (reason: string, input?: string) =>
    inputError(
      "bad-safetensors",
      `${source.name} is not a sound safetensors file: ${reason}.`,
      { file: source.name, input },
      "Give a file that safetensors.torch.save_file or another writer of safetensors wrote.",
    );
  const { header, dataOffset } = readHeader(source, bad);
  const arrays = new Map<string, LazyArray>();
  const spans: [start: number, end: number, name: string][] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === METADATA) continue;
    const { dtype, shape, data_offsets: span } = isRecord(entry) ? entry : {};
    if (typeof dtype !== "string" || !isLengths(shape) || !isLengths(span) || span.length !== 2) {
      throw bad(`the entry of ${name} needs dtype, shape and data_offsets`, name);
    }
    const type = TYPES.get(dtype);
    if (type === undefined) {
      throw inputError(
        "unsupported-safetensors-type",
        `${name} in ${source.name} has the type ${dtype.slice(0, 20)}; ${[...TYPES.keys()].join(", ")} are read.`,
        { file: source.name, input: name },
        "Convert the tensor to float32 before saving.",
      );
    }
    const bytes = declaredBytes(name, source.name, type, shape);
    const [start, end] = span;
    if (end - start !== bytes)
      throw bad(`${name} has ${end - start} bytes, but its shape and type need ${bytes}`, name);
    if (dataOffset + end > source.size) throw bad(`${name} lies beyond its end`, name);
    spans.push([start, end, name]);
    arrays.set(
      name,
      regionArray(
        {
          name,
          source,
          offset: dataOffset + start,
          type,
          shape,
          littleEndian: true,
          fortranOrder: false,
        },
        limits,
      ),
    );
  }
  spans.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let covered = 0;
  for (const [start, end, name] of spans) {
    if (start !== covered)
      throw bad(
        `${name} begins at byte ${start} of the data, where ${covered} is expected (a gap, an overlap or a repeated name)`,
        name,
      );
    covered = end;
  }
  if (dataOffset + covered !== source.size)
    throw bad(`${source.size - dataOffset - covered} bytes at its end belong to no tensor`);
  return arrays;
}

function readHeader(
  source: ByteSource,
  bad: (reason: string) => Error,
): { header: Record<string, unknown>; dataOffset: number } {
  if (source.size < LENGTH_BYTES) throw bad("it is too short");
  const length = littleEndian(source.read(0, LENGTH_BYTES), 0, LENGTH_BYTES);
  const dataOffset = LENGTH_BYTES + length;
  if (length > MAX_HEADER_BYTES || dataOffset > source.size) {
    const kind = fileKind(source.read(0, Math.min(HEAD_BYTES, source.size)));
    throw bad(kind && kind.name !== "safetensors" ? `it is ${kind.title}` : `its header claims ${length} bytes`);
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(source.read(LENGTH_BYTES, length)));
  } catch {
    throw bad("its header is not JSON");
  }
  if (!isRecord(header)) throw bad("its header is not a JSON object");
  return { header, dataOffset };
}

function isLengths(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

const TYPE_NAMES: { readonly [T in DType]: string } = {
  float32: "F32",
  float64: "F64",
  int64: "I64",
  bool: "BOOL",
};

/**
 * The bytes of a .safetensors file, piece by piece: tensors in the order given, header padded to 8.
 *
 * @param metadata free text by name, kept under "__metadata__"
 */
export function* safetensorsChunks(
  tensors: Iterable<readonly [name: string, tensor: Tensor]>,
  metadata?: Readonly<Record<string, string>>,
): Generator<Uint8Array> {
  const entries: [string, unknown][] = metadata ? [[METADATA, metadata]] : [];
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    const piece = encodeElements(dtype, data);
    entries.push([name, { dtype: TYPE_NAMES[dtype], shape, data_offsets: [at, at + piece.length] }]);
    pieces.push(piece);
    at += piece.length;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const header = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  header.set(json);
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, header.length, true);
  yield length;
  yield header;
  yield* pieces;
}

/** safetensorsChunks, joined. */
export function encodeSafetensors(
  tensors: Iterable<readonly [name: string, tensor: Tensor]>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  return concatBytes(safetensorsChunks(tensors, metadata));
}
