import { type ByteSource, bytesSource, littleEndian, sliceSource } from "./byte-source.ts";
import { crc32 } from "./crc32.ts";
import { inflateAll } from "./inflate.ts";
import { inputError } from "./input-error.ts";
import { DEFAULT_LIMITS, type ReadLimits } from "./read-limits.ts";

const HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
/** Names and comments in a gzip header are short; this is far more than any writer puts there. */
const MAX_HEADER_BYTES = 1 << 16;

const FLAG_CRC = 2;
const FLAG_EXTRA = 4;
const FLAG_NAME = 8;
const FLAG_COMMENT = 16;

export function isGzip(source: ByteSource): boolean {
  if (source.size < 2) return false;
  const [first, second] = source.read(0, 2);
  return first === 0x1f && second === 0x8b;
}

/**
 * The source itself, or what is inside when it is a gzip file (RFC 1952, one member), expanded into
 * memory with its checksum compared.
 *
 * @throws ThalwegError `damaged-gzip`, `damaged-compression`, `inflates-too-far`
 */
export function unwrapGzip(source: ByteSource, limits: ReadLimits = DEFAULT_LIMITS): ByteSource {
  if (!isGzip(source)) return source;
  const start = headerLength(source);
  const end = source.size - TRAILER_BYTES;
  if (end < start) throw damaged(source, "it is too short");
  const trailer = source.read(end, TRAILER_BYTES);
  // What it expands to stands at its end, less a multiple of 4 GiB: beyond that, nothing of it is expanded.
  const stated = littleEndian(trailer, 4, 4);
  if (stated > limits.maxInflatedBytes) throw tooFar(source, limits);
  const bytes = inflateAll(sliceSource(source, source.name, start, end - start), stated, () =>
    damaged(source, `more than the ${stated} bytes that its end states come out of it`),
  );
  if (stated !== bytes.length || littleEndian(trailer, 0, 4) !== crc32(bytes)) {
    throw damaged(
      source,
      "its checksum or length does not match (several gzip files joined together are not supported)",
    );
  }
  return bytesSource(source.name, bytes);
}

function headerLength(source: ByteSource): number {
  const head = source.read(0, Math.min(source.size, MAX_HEADER_BYTES));
  if (head.length < HEADER_BYTES + TRAILER_BYTES) throw damaged(source, "it is too short");
  if (head[2] !== 8) throw damaged(source, `its compression method is ${head[2]}, not deflate`);
  const flags = head[3];
  let at = HEADER_BYTES;
  if (flags & FLAG_EXTRA) at += 2 + littleEndian(head, at, 2);
  for (const flag of [FLAG_NAME, FLAG_COMMENT]) {
    if (!(flags & flag)) continue;
    const zero = head.indexOf(0, at);
    if (zero < 0) throw damaged(source, "its header has no end");
    at = zero + 1;
  }
  if (flags & FLAG_CRC) at += 2;
  return at;
}

function tooFar({ name }: ByteSource, { maxInflatedBytes }: ReadLimits) {
  return inputError(
    "inflates-too-far",
    `${name} expands to more than the limit of ${maxInflatedBytes} bytes.`,
    { file: name },
    "Expand it yourself and give the expanded file, which is read piece by piece.",
  );
}

function damaged(source: ByteSource, reason: string) {
  return inputError(
    "damaged-gzip",
    `${source.name} is not a sound gzip file: ${reason}.`,
    { file: source.name },
    "Compress or download it again; of more than 4 GiB, or of several files joined, give the expanded file.",
  );
}
