import { type ByteSource, bytesSource, chunksOf, littleEndian, sliceSource } from "./byte-source.ts";
import { crc32 } from "./crc32.ts";
import { fileKind, HEAD_BYTES } from "./file-kind.ts";
import { inflateAll, inflatePrefix, MAX_DEFLATE_RATIO } from "./inflate.ts";
import { inputError } from "./input-error.ts";
import type { ReadLimits } from "./read-limits.ts";
import {
  DIRECTORY_ENTRY,
  END,
  EXTRA_HEAD,
  FULL_16,
  FULL_32,
  LOCAL_HEADER,
  ZIP64_END,
  ZIP64_EXTRA,
  ZIP64_LOCATOR,
} from "./zip-records.ts";

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

const MAX_COMMENT = 0xffff;
const MAX_DIRECTORY_BYTES = 1 << 28;
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
    if (record.offset + LOCAL_HEADER.bytes + record.compressedSize > next)
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
  const bytes = source.read(record.offset, LOCAL_HEADER.bytes);
  const { method, nameBytes, extraBytes } = LOCAL_HEADER.read(bytes, 0);
  if (!LOCAL_HEADER.isAt(bytes, 0) || method !== record.method) {
    throw damaged(source, `the header of ${record.name} does not match the directory`);
  }
  return record.offset + LOCAL_HEADER.bytes + nameBytes + extraBytes;
}

function readDirectory(source: ByteSource): {
  records: DirectoryRecord[];
  directoryOffset: number;
} {
  const end = findEnd(source);
  if (
    end.bytes > MAX_DIRECTORY_BYTES ||
    end.offset + end.bytes > source.size ||
    end.count * DIRECTORY_ENTRY.bytes > end.bytes
  ) {
    throw damaged(source, "its directory does not fit");
  }
  const directory = source.read(end.offset, end.bytes);
  const records: DirectoryRecord[] = [];
  let at = 0;
  while (records.length < end.count) {
    if (at + DIRECTORY_ENTRY.bytes > directory.length || !DIRECTORY_ENTRY.isAt(directory, at)) {
      throw damaged(source, `file ${records.length + 1} of its directory is unreadable`);
    }
    const entry = DIRECTORY_ENTRY.read(directory, at);
    const nameAt = at + DIRECTORY_ENTRY.bytes;
    const extraAt = nameAt + entry.nameBytes;
    const extraEnd = extraAt + entry.extraBytes;
    if (extraEnd > directory.length) throw damaged(source, "its directory is cut off");
    const { flags, method, crc } = entry;
    records.push({
      name: new TextDecoder().decode(directory.subarray(nameAt, extraAt)),
      flags,
      method,
      crc,
      ...widened(source, entry, directory.subarray(extraAt, extraEnd)),
    });
    at = extraEnd + entry.commentBytes;
  }
  return { records, directoryOffset: end.offset };
}

type WideFields = Readonly<Record<(typeof ZIP64_EXTRA.fields)[number], number>>;

/** Sizes and offset of a record: 32 bits, or 64 in the zip64 part of the extra field for those that are all ones. */
function widened(source: ByteSource, entry: WideFields, extra: Uint8Array): WideFields {
  const { fieldBytes } = ZIP64_EXTRA;
  let wide = new Uint8Array(0);
  for (let at = 0; at + EXTRA_HEAD.bytes <= extra.length;) {
    const { id, bytes } = EXTRA_HEAD.read(extra, at);
    at += EXTRA_HEAD.bytes;
    if (id === ZIP64_EXTRA.id) wide = extra.slice(at, at + bytes);
    at += bytes;
  }
  let at = 0;
  const value = (field: keyof WideFields) => {
    if (entry[field] !== FULL_32) return entry[field];
    if (at + fieldBytes > wide.length) throw damaged(source, "a zip64 size is missing");
    at += fieldBytes;
    const held = littleEndian(wide, at - fieldBytes, fieldBytes);
    if (!Number.isSafeInteger(held)) throw damaged(source, "a zip64 size is impossible");
    return held;
  };
  const [size, compressedSize, offset] = ZIP64_EXTRA.fields.map(value);
  return { size, compressedSize, offset };
}

/** Finds the end-of-directory record: the last one whose comment reaches exactly to the end of the file. */
function findEnd(source: ByteSource): { count: number; bytes: number; offset: number } {
  const tailBytes = Math.min(source.size, END.bytes + MAX_COMMENT);
  const tail = source.read(source.size - tailBytes, tailBytes);
  const endsFile = (at: number) =>
    END.isAt(tail, at) && at + END.bytes + END.read(tail, at).commentBytes === tail.length;
  let at = tail.length - END.bytes;
  while (at >= 0 && !endsFile(at)) at--;
  if (at < 0) {
    const kind = fileKind(source.read(0, Math.min(source.size, HEAD_BYTES)));
    const zipped = kind === undefined || kind.name === "npz" || kind.name === "PyTorch";
    throw inputError(
      "not-zip",
      `${source.name} is not a zip archive${zipped ? ", or its end is missing" : ` as .npz files are: it is ${kind.title}`}.`,
      { file: source.name },
      "Save it again with numpy.savez.",
    );
  }
  const narrow = END.read(tail, at);
  const isWide = narrow.count === FULL_16 || narrow.bytes === FULL_32 || narrow.offset === FULL_32;
  const locatorAt = source.size - tailBytes + at - ZIP64_LOCATOR.bytes;
  if (!isWide || locatorAt < 0) return narrow;
  const locator = source.read(locatorAt, ZIP64_LOCATOR.bytes);
  if (!ZIP64_LOCATOR.isAt(locator, 0)) return narrow;
  const record = source.read(ZIP64_LOCATOR.read(locator, 0).offset, ZIP64_END.bytes);
  if (!ZIP64_END.isAt(record, 0)) throw damaged(source, "its zip64 end record is not where it should be");
  return ZIP64_END.read(record, 0);
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
