import { concatBytes, littleEndian } from "./byte-source.ts";

/** A record of a zip archive: a signature, then unsigned little-endian fields one behind the other. */
export interface ZipRecord<Field extends string> {
  /** Length, with the signature and without what may follow: names, extra fields, comments. */
  readonly bytes: number;
  /** Whether the record's signature stands at this place. */
  isAt(data: Uint8Array, at: number): boolean;
  read(data: Uint8Array, at: number): Readonly<Record<Field, number>>;
  /** The bytes of a record; fields that are left out are 0. */
  write(values: Readonly<Partial<Record<Field, number>>>): Uint8Array;
}

const SIGNATURE_BYTES = 4;

/** @param widths bytes of each field, in the order of the file */
function zipRecord<Field extends string>(
  signature: number | undefined,
  widths: Readonly<Record<Field, number>>,
): ZipRecord<Field> {
  const start = signature === undefined ? 0 : SIGNATURE_BYTES;
  const offsets = new Map<string, number>();
  let bytes = start;
  for (const field in widths) {
    offsets.set(field, bytes);
    bytes += widths[field];
  }
  return {
    bytes,
    isAt: (data, at) => signature === undefined || littleEndian(data, at, SIGNATURE_BYTES) === signature,
    read(data, at) {
      const values: Record<Field, number> = { ...widths };
      for (const field in widths) values[field] = littleEndian(data, at + (offsets.get(field) ?? 0), widths[field]);
      return values;
    },
    write(values) {
      const pieces = signature === undefined ? [] : [unsigned(signature, SIGNATURE_BYTES)];
      for (const field in widths) pieces.push(unsigned(values[field] ?? 0, widths[field]));
      return concatBytes(pieces);
    },
  };
}

/** A little-endian unsigned integer, exact up to 2^53. */
export function unsigned(value: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);
}

/** What the local header and the directory say alike about a file. */
const FILE = {
  version: 2,
  flags: 2,
  method: 2,
  time: 2,
  date: 2,
  crc: 4,
  compressedSize: 4,
  size: 4,
  nameBytes: 2,
  extraBytes: 2,
};

/** PKWARE APPNOTE 6.3, 4.3.7: before the data of each file, with its name and extra field behind it. */
export const LOCAL_HEADER = zipRecord(0x04034b50, FILE);

/** 4.3.12: one for each file in the central directory, with its name, extra field and comment behind it. */
export const DIRECTORY_ENTRY = zipRecord(0x02014b50, {
  madeBy: 2,
  ...FILE,
  commentBytes: 2,
  disk: 2,
  internalAttributes: 2,
  externalAttributes: 4,
  offset: 4,
});

/** 4.3.16: the last record, with a comment behind it. `bytes` and `offset` are those of the directory. */
export const END = zipRecord(0x06054b50, {
  disk: 2,
  directoryDisk: 2,
  countHere: 2,
  count: 2,
  bytes: 4,
  offset: 4,
  commentBytes: 2,
});

/** 4.3.14: the same with 64 bits. */
export const ZIP64_END = zipRecord(0x06064b50, {
  bytesBehind: 8,
  madeBy: 2,
  version: 2,
  disk: 4,
  directoryDisk: 4,
  countHere: 8,
  count: 8,
  bytes: 8,
  offset: 8,
});

/** 4.3.15: right before the end record, where the zip64 one is. */
export const ZIP64_LOCATOR = zipRecord(0x07064b50, { disk: 4, offset: 8, disks: 4 });

/** 4.5.1: the head of each part of an extra field. */
export const EXTRA_HEAD = zipRecord(undefined, { id: 2, bytes: 2 });

/** The part of an extra field that holds 64-bit values for those of these fields that are all ones, in this order (4.5.3). */
export const ZIP64_EXTRA = { id: 1, fields: ["size", "compressedSize", "offset"], fieldBytes: 8 } as const;

/** Fields of this value say "see the zip64 record". */
export const FULL_32 = 0xffffffff;
export const FULL_16 = 0xffff;
