import { type ByteSource, bytesSource, chunksOf, littleEndian, sliceSource } from "./byte-source.ts";
import { crc32 } from "./crc32.ts";
import { inflateAll, inflatePrefix, MAX_DEFLATE_RATIO } from "./inflate.ts";
import { inputError } from "./input-error.ts";
import type { ReadLimits } from "./read-limits.ts";

/** One file of a zip archive, as its central directory describes it. */
export interface ZipEntry {
  readonly name: string;
  readonly size: number;
  /** The first `count` bytes, without expanding the rest; its checksum is not compared. */
  prefix(count: number): Uint8Array;
  /**
   * The content. A stored entry is read in place, a deflated one expanded on first use and kept;
   * the checksum is compared before the first byte is handed out.
   */
  readonly content: ByteSource;
}

/** A record of the central directory. */
interface DirectoryRecord {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly offset: number;
}

const LOCAL_SIGNATURE = 0x04034b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const END_SIGNATURE = 0x06054b50;
const ZIP64_END_SIGNATURE = 0x06064b50;
const ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
const END_BYTES = 22;
const ZIP64_END_BYTES = 56;
const ZIP64_LOCATOR_BYTES = 20;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const MAX_COMMENT = 0xffff;
const MAX_DIRECTORY_BYTES = 1 << 28;
const ZIP64_EXTRA = 1;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;

/** Bytes that expanding may still take, shared by all entries of one archive. */
interface Allowance {
  left: number;
}

/**
 * The files in a zip archive (PKWARE APPNOTE 6.3: stored and deflated entries, zip64). Only the
 * directory is read. Entries that overlap or claim an impossible compression are refused.
 *
 * @throws ThalwegError `not-zip`, `damaged-zip`, `unsupported-zip`, `inflates-too-far`
 */
export function readZip(source: ByteSource, limits: ReadLimits): ZipEntry[] {
  const { records, directoryOffset } = readDirectory(source);
  const names = new Set<string>();
  for (const { name } of records) {
    if (names.has(name)) throw damaged(source, `two files in it are named ${name}`);
    names.add(name);
  }
  const inOrder = [...records].sort((a, b) => a.offset - b.offset);
  inOrder.forEach((record, i) => {
    const next = inOrder[i + 1]?.offset ?? directoryOffset;
    if (record.offset + LOCAL_BYTES + record.compressedSize > next)
      throw damaged(source, `${record.name} overlaps what follows it`);
  });
  const allowance = { left: limits.maxInflatedBytes };
  return records.filter(({ name }) => !name.endsWith("/")).map((record) => zipEntry(source, record, allowance));
}

function zipEntry(source: ByteSource, record: DirectoryRecord, allowance: Allowance): ZipEntry {
  const name = `${record.name} in ${source.name}`;
  if (record.flags & ENCRYPTED || (record.method !== STORED && record.method !== DEFLATED)) {
    throw inputError(
      "unsupported-zip",
      `${name} is ${record.flags & ENCRYPTED ? "encrypted" : `compressed with zip method ${record.method}`}; stored and deflated files are read.`,
      { file: source.name },
      "Save the archive again with numpy.savez or numpy.savez_compressed.",
    );
  }
  const deflated = record.method === DEFLATED;
  if (
    deflated ? record.size > (record.compressedSize + 1) * MAX_DEFLATE_RATIO : record.size !== record.compressedSize
  ) {
    throw damaged(
      source,
      `${record.name} claims ${record.size} bytes made from ${record.compressedSize}, which is impossible`,
    );
  }
  const packed = once(() => sliceSource(source, name, dataOffset(source, record), record.compressedSize));
  const verified = once(() => {
    const bytes = deflated ? expand(packed(), record, allowance) : packed();
    let crc = 0;
    for (const chunk of chunksOf(bytes)) crc = crc32(chunk, crc);
    if (crc !== record.crc) throw damaged(source, `the checksum of ${record.name} does not match its data`);
    return bytes;
  });
  return {
    name: record.name,
    size: record.size,
    prefix: (count) => (deflated ? inflatePrefix(packed(), count) : packed().read(0, Math.min(count, record.size))),
    content: { name, size: record.size, read: (offset, length) => verified().read(offset, length) },
  };
}

function expand(packed: ByteSource, record: DirectoryRecord, allowance: Allowance): ByteSource {
  if (record.size > allowance.left) {
    throw inputError(
      "inflates-too-far",
      `${packed.name} expands to ${record.size} bytes, and ${allowance.left} bytes of the limit for compressed arrays are left.`,
      { file: packed.name },
      "Save the arrays uncompressed with numpy.savez: they are then read piece by piece.",
    );
  }
  const wrongSize = () => damaged(packed, `it does not expand to the ${record.size} bytes that it declares`);
  const bytes = inflateAll(packed, record.size, wrongSize);
  if (bytes.length !== record.size) throw wrongSize();
  allowance.left -= record.size;
  return bytesSource(packed.name, bytes);
}

/** Where the data of an entry begins: after its local header, whose name and extra field vary in length. */
function dataOffset(source: ByteSource, record: DirectoryRecord): number {
  const header = source.read(record.offset, LOCAL_BYTES);
  if (littleEndian(header, 0, 4) !== LOCAL_SIGNATURE || littleEndian(header, 8, 2) !== record.method) {
    throw damaged(source, `the header of ${record.name} does not match the directory`);
  }
  return record.offset + LOCAL_BYTES + littleEndian(header, 26, 2) + littleEndian(header, 28, 2);
}

function readDirectory(source: ByteSource): {
  records: DirectoryRecord[];
  directoryOffset: number;
} {
  const end = findEnd(source);
  if (
    end.bytes > MAX_DIRECTORY_BYTES ||
    end.offset + end.bytes > source.size ||
    end.count * CENTRAL_BYTES > end.bytes
  ) {
    throw damaged(source, "its directory does not fit");
  }
  const directory = source.read(end.offset, end.bytes);
  const records: DirectoryRecord[] = [];
  let at = 0;
  while (records.length < end.count) {
    if (at + CENTRAL_BYTES > directory.length || littleEndian(directory, at, 4) !== CENTRAL_SIGNATURE) {
      throw damaged(source, `file ${records.length + 1} of its directory is unreadable`);
    }
    const extraAt = at + CENTRAL_BYTES + littleEndian(directory, at + 28, 2);
    const extraEnd = extraAt + littleEndian(directory, at + 30, 2);
    if (extraEnd > directory.length) throw damaged(source, "its directory is cut off");
    const wide = zip64Fields(source, directory, at, extraAt, extraEnd);
    records.push({
      name: new TextDecoder().decode(directory.subarray(at + CENTRAL_BYTES, extraAt)),
      flags: littleEndian(directory, at + 8, 2),
      method: littleEndian(directory, at + 10, 2),
      crc: littleEndian(directory, at + 16, 4),
      ...wide,
    });
    at = extraEnd + littleEndian(directory, at + 32, 2);
  }
  return { records, directoryOffset: end.offset };
}

/** Sizes and offset of a record: 32 bits, or 64 in the zip64 extra field for those that are all ones. */
function zip64Fields(source: ByteSource, directory: Uint8Array, at: number, extraAt: number, extraEnd: number) {
  let wideAt = extraEnd;
  let wideEnd = extraEnd;
  for (let field = extraAt; field + 4 <= extraEnd; field += 4 + littleEndian(directory, field + 2, 2)) {
    if (littleEndian(directory, field, 2) !== ZIP64_EXTRA) continue;
    wideAt = field + 4;
    wideEnd = Math.min(extraEnd, wideAt + littleEndian(directory, field + 2, 2));
  }
  const value = (offset: number) => {
    const narrow = littleEndian(directory, at + offset, 4);
    if (narrow !== 0xffffffff) return narrow;
    if (wideAt + 8 > wideEnd) throw damaged(source, "a zip64 size is missing");
    wideAt += 8;
    const wide = littleEndian(directory, wideAt - 8, 8);
    if (!Number.isSafeInteger(wide)) throw damaged(source, "a zip64 size is impossible");
    return wide;
  };
  const size = value(24);
  const compressedSize = value(20);
  return { size, compressedSize, offset: value(42) };
}

/** Finds the end-of-directory record: the last one whose comment reaches exactly to the end of the file. */
function findEnd(source: ByteSource): { count: number; bytes: number; offset: number } {
  const tailBytes = Math.min(source.size, END_BYTES + MAX_COMMENT);
  const tail = source.read(source.size - tailBytes, tailBytes);
  let at = tail.length - END_BYTES;
  while (
    at >= 0 &&
    !(littleEndian(tail, at, 4) === END_SIGNATURE && at + END_BYTES + littleEndian(tail, at + 20, 2) === tail.length)
  )
    at--;
  if (at < 0) {
    throw inputError(
      "not-zip",
      `${source.name} is not a zip archive, or its end is missing.`,
      { file: source.name },
      "Save it again with numpy.savez.",
    );
  }
  const narrow = {
    count: littleEndian(tail, at + 10, 2),
    bytes: littleEndian(tail, at + 12, 4),
    offset: littleEndian(tail, at + 16, 4),
  };
  const isWide = narrow.count === 0xffff || narrow.bytes === 0xffffffff || narrow.offset === 0xffffffff;
  const locatorAt = source.size - tailBytes + at - ZIP64_LOCATOR_BYTES;
  if (!isWide || locatorAt < 0) return narrow;
  const locator = source.read(locatorAt, ZIP64_LOCATOR_BYTES);
  if (littleEndian(locator, 0, 4) !== ZIP64_LOCATOR_SIGNATURE) return narrow;
  const record = source.read(littleEndian(locator, 8, 8), ZIP64_END_BYTES);
  if (littleEndian(record, 0, 4) !== ZIP64_END_SIGNATURE)
    throw damaged(source, "its zip64 end record is not where it should be");
  return {
    count: littleEndian(record, 32, 8),
    bytes: littleEndian(record, 40, 8),
    offset: littleEndian(record, 48, 8),
  };
}

function damaged(source: ByteSource, reason: string) {
  return inputError(
    "damaged-zip",
    `${source.name} is a damaged zip archive: ${reason}.`,
    { file: source.name },
    "Save or download it again.",
  );
}

/** Computes a value when it is first asked for. */
function once<T>(compute: () => T): () => T {
  let held: { value: T } | undefined;
  return () => (held ??= { value: compute() }).value;
}
