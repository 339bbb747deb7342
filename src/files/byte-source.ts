import { inputError } from "./input-error.ts";

/**
 * Bytes with random access: a file, a part of one, or memory. Synchronous, so that rows of a large
 * array can be read in the middle of a computation.
 */
export interface ByteSource {
  /** What messages call it: a path, or "x.npy in data.npz". */
  readonly name: string;
  readonly size: number;
  /** What a list of hashes calls it; the last part of its name where it is not given. */
  readonly listedAs?: string;
  /** SHA-256 of all bytes, where it was taken when they were opened. */
  readonly sha256?: string;
  /**
   * Exactly `length` bytes from `offset`. The result may be a view of the source: never write to it.
   * @throws ThalwegError `truncated-file` when the range leaves the source.
   */
  read(offset: number, length: number): Uint8Array;
}

/** Reads are cut into pieces of this size, so that the memory needed does not depend on the file. */
const CHUNK_BYTES = 1 << 20;

/**
 * @example
 * bytesSource("memory", Uint8Array.of(1, 2, 3)).read(1, 2); // Uint8Array [2, 3]
 */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read(offset, length) {
      checkRange(this, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** The `length` bytes of `source` from `offset`, as a source of their own. */
export function sliceSource(source: ByteSource, name: string, offset: number, length: number): ByteSource {
  checkRange(source, offset, length);
  return {
    name,
    size: length,
    read(at, count) {
      checkRange(this, at, count);
      return source.read(offset + at, count);
    },
  };
}

/** Throws `truncated-file` unless `length` bytes from `offset` lie inside the source. */
export function checkRange(source: { name: string; size: number }, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= source.size) return;
  throw inputError(
    "truncated-file",
    `${source.name} ends after ${source.size} bytes, but ${length} bytes are needed from byte ${offset}.`,
    { file: source.name },
    "The file is damaged or was not written to its end: write or download it again.",
  );
}

/** The source from its beginning to its end, in pieces of bounded size. */
export function* chunksOf(source: ByteSource, chunkBytes = CHUNK_BYTES): Generator<Uint8Array> {
  for (let offset = 0; offset < source.size; offset += chunkBytes) {
    yield source.read(offset, Math.min(chunkBytes, source.size - offset));
  }
}

/** Little-endian unsigned integer of 1 to 8 bytes; beyond 2^53 the result is only approximate. */
export function littleEndian(bytes: Uint8Array, offset: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 256 + bytes[offset + i];
  return value;
}

/** Joins pieces into one array. */
export function concatBytes(chunks: Iterable<Uint8Array>): Uint8Array {
  const pieces = [...chunks];
  const joined = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
