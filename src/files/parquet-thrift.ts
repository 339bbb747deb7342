/**
 * Whether bytes from `at` are one structure of Thrift's compact protocol whose lists and texts have the lengths that they
 * claim. Asked before a parser trusts them: a list of 2^31 entries is claimed in six bytes.
 *
 * @returns the byte behind the structure; undefined where a length leads beyond the end, a type is unknown, or it
 * nests deeper than any that Parquet has
 */
export function endOfThrift(bytes: Uint8Array, at: number): number | undefined {
  const reader = { bytes, at };
  return skipStruct(reader, 0) ? reader.at : undefined;
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

const MAX_DEPTH = 32;

/** The numbers of the types that Parquet's structures use. */
const BYTE = 3;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

function skipStruct(reader: Reader, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  for (;;) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) return false;
    if ((byte & 15) === 0) return true;
    if (byte >> 4 === 0 && varInt(reader) === undefined) return false;
    if (!skip(reader, byte & 15, depth)) return false;
  }
}

function skip(reader: Reader, type: number, depth: number): boolean {
  if (type === 1 || type === 2) return true;
  if (type === BYTE) return advance(reader, 1);
  if (type > BYTE && type < DOUBLE) return varInt(reader) !== undefined;
  if (type === DOUBLE) return advance(reader, 8);
  if (type === BINARY) return advance(reader, varInt(reader) ?? Infinity);
  if (type === STRUCT) return skipStruct(reader, depth + 1);
  return type === LIST && skipList(reader, depth + 1);
}

function skipList(reader: Reader, depth: number): boolean {
  const byte = reader.bytes[reader.at++];
  if (byte === undefined || depth > MAX_DEPTH) return false;
  const length = byte >> 4 === 15 ? (varInt(reader) ?? Infinity) : byte >> 4;
  // Every entry takes a byte at least, a truth value too.
  if (reader.at + length > reader.bytes.length) return false;
  const type = byte & 15;
  for (let i = 0; i < length; i++) if (!skip(reader, type <= 2 ? BYTE : type, depth)) return false;
  return true;
}

function advance(reader: Reader, length: number): boolean {
  reader.at += length;
  return reader.at <= reader.bytes.length;
}

function varInt(reader: Reader): number | undefined {
  let value = 0;
  for (let scale = 1; scale < 2 ** 70; scale *= 128) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) return undefined;
    value += (byte & 127) * scale;
    if (byte < 128) return value;
  }
  return undefined;
}
