import { Inflate } from "fflate";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { ByteSource } from "./byte-source.ts";
import { inputError } from "./input-error.ts";

/**
 * Compressed bytes handed over at a time, at first and at most, and what should come out of them: the
 * chunks grow as far as the expansion seen so far allows. Deflate expands up to 1032 times, so a header
 * costs at most 256 KiB, and a stream that suddenly expands costs one piece of 64 MiB.
 */
const FIRST_CHUNK = 1 << 8;
const LARGEST_CHUNK = 1 << 16;
const PIECE_BYTES = 1 << 20;

/** No deflate stream expands further than this (zlib's technical notes). */
export const MAX_DEFLATE_RATIO = 1032;

/** Thrown through the decompressor to leave it once enough bytes have come out. */
const ENOUGH = Symbol("enough");

/**
 * Inflates a raw deflate stream and hands on what comes out piece by piece, so that memory never
 * depends on what the stream claims. Stops as soon as `take` returns false.
 *
 * @throws ThalwegError `damaged-compression`
 */
export function inflateInto(source: ByteSource, take: (piece: Uint8Array) => boolean): void {
  let length = FIRST_CHUNK;
  const stream = new Inflate((piece) => {
    length = Math.ceil(Math.min(2 * length, LARGEST_CHUNK, (PIECE_BYTES * length) / (piece.length + 1)));
    if (!take(piece)) throw ENOUGH;
  });
  try {
    let offset = 0;
    do {
      const chunk = source.read(offset, Math.min(length, source.size - offset));
      offset += chunk.length;
      stream.push(chunk, offset === source.size);
    } while (offset < source.size);
  } catch (error) {
    if (error === ENOUGH) return;
    if (error instanceof ThalwegError) throw error;
    throw inputError(
      "damaged-compression",
      `The compressed data of ${source.name} cannot be expanded.`,
      { file: source.name },
      "The file is damaged: write or download it again.",
      error,
    );
  }
}

/** The first `count` bytes of a raw deflate stream, or all of them when there are fewer. */
export function inflatePrefix(source: ByteSource, count: number): Uint8Array {
  const pieces = growable(Math.min(count, 1 << 16));
  inflateInto(source, (piece) => pieces.append(piece.subarray(0, count - pieces.length)) < count);
  return pieces.bytes();
}

/** All of a raw deflate stream; `onExcess` makes the error for a stream longer than `maxBytes`. */
export function inflateAll(source: ByteSource, maxBytes: number, onExcess: () => ThalwegError): Uint8Array {
  const pieces = growable(Math.min(maxBytes, 2 * source.size + 64));
  let excess = false;
  inflateInto(source, (piece) => {
    excess = pieces.length + piece.length > maxBytes;
    if (!excess) pieces.append(piece);
    return !excess;
  });
  if (excess) throw onExcess();
  return pieces.bytes();
}

interface Growable {
  readonly length: number;
  /** Returns the length afterwards. */
  append(piece: Uint8Array): number;
  bytes(): Uint8Array;
}

function growable(capacity: number): Growable {
  let held = new Uint8Array(capacity);
  let length = 0;
  return {
    get length() {
      return length;
    },
    append(piece) {
      if (length + piece.length > held.length) {
        const larger = new Uint8Array(Math.max(2 * held.length, length + piece.length));
        larger.set(held.subarray(0, length));
        held = larger;
      }
      held.set(piece, length);
      length += piece.length;
      return length;
    },
    bytes: () => held.subarray(0, length),
  };
}
