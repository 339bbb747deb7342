import { ThalwegError } from "../util/thalweg-error.ts";
import { concatBytes } from "./byte-source.ts";
import { crc32 } from "./crc32.ts";
import {
  DIRECTORY_ENTRY,
  END,
  EXTRA_HEAD,
  FULL_16,
  FULL_32,
  LOCAL_HEADER,
  unsigned,
  ZIP64_END,
  ZIP64_EXTRA,
  ZIP64_LOCATOR,
} from "./zip-records.ts";

/** A file to be stored: its pieces, one behind the other. */
export interface ZipFile {
  readonly name: string;
  readonly pieces: readonly Uint8Array[];
}

/** 1 January 1980, the first day of the format: files carry no date, so equal content gives equal bytes. */
const DATE = 0x21;
const UTF8_NAME = 0x800;
const VERSION = 20;
const VERSION_ZIP64 = 45;
/** The comment of the archive: who wrote it. */
const WRITER = new TextEncoder().encode("thalweg");
/** Its signature and the field itself are not counted in `bytesBehind`. */
const ZIP64_END_UNCOUNTED = 12;

/**
 * The bytes of a zip archive of stored (uncompressed) files, piece by piece and deterministic: fixed
 * dates, the order given. zip64 records are written where sizes need them, or always with `zip64`.
 */
export function* zipChunks(files: Iterable<ZipFile>, zip64 = false): Generator<Uint8Array> {
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, pieces } of files) {
    const encodedName = new TextEncoder().encode(name);
    if (name.includes("\0") || encodedName.length > 0xfff0) {
      throw new ThalwegError({
        kind: "input",
        code: "bad-array-name",
        message: `The name "${name.slice(0, 40)}" cannot be written to a zip archive.`,
        hint: "Rename the parameter in the model: no zero characters, fewer than 65 000 bytes.",
      });
    }
    let size = 0;
    let crc = 0;
    for (const piece of pieces) {
      size += piece.length;
      crc = crc32(piece, crc);
    }
    const wideSize = zip64 || size >= FULL_32;
    const wideOffset = zip64 || offset >= FULL_32;
    const shown = wideSize ? FULL_32 : size;
    const sizes = wideSize ? { size, compressedSize: size } : {};
    const localExtra = zip64Extra(sizes);
    const directoryExtra = zip64Extra(wideOffset ? { ...sizes, offset } : sizes);
    const common = {
      version: wideSize || wideOffset ? VERSION_ZIP64 : VERSION,
      flags: UTF8_NAME,
      date: DATE,
      crc,
      compressedSize: shown,
      size: shown,
      nameBytes: encodedName.length,
    };
    const local = concatBytes([
      LOCAL_HEADER.write({ ...common, extraBytes: localExtra.length }),
      encodedName,
      localExtra,
    ]);
    directory.push(
      concatBytes([
        DIRECTORY_ENTRY.write({
          ...common,
          madeBy: VERSION_ZIP64,
          extraBytes: directoryExtra.length,
          offset: wideOffset ? FULL_32 : offset,
        }),
        encodedName,
        directoryExtra,
      ]),
    );
    yield local;
    yield* pieces;
    offset += local.length + size;
  }
  const bytes = directory.reduce((total, record) => total + record.length, 0);
  yield* directory;
  const count = directory.length;
  const wide = zip64 || count >= FULL_16 || bytes >= FULL_32 || offset >= FULL_32;
  if (wide) {
    yield ZIP64_END.write({
      bytesBehind: ZIP64_END.bytes - ZIP64_END_UNCOUNTED,
      madeBy: VERSION_ZIP64,
      version: VERSION_ZIP64,
      countHere: count,
      count,
      bytes,
      offset,
    });
    yield ZIP64_LOCATOR.write({ offset: offset + bytes, disks: 1 });
  }
  const [shownCount, shownBytes, shownOffset] = wide ? [FULL_16, FULL_32, FULL_32] : [count, bytes, offset];
  yield END.write({
    countHere: shownCount,
    count: shownCount,
    bytes: shownBytes,
    offset: shownOffset,
    commentBytes: WRITER.length,
  });
  yield WRITER;
}

function zip64Extra(values: Readonly<Partial<Record<(typeof ZIP64_EXTRA.fields)[number], number>>>): Uint8Array {
  const { id, fields, fieldBytes } = ZIP64_EXTRA;
  const present = fields.map((field) => values[field]).filter((value) => value !== undefined);
  if (present.length === 0) return new Uint8Array(0);
  return concatBytes([
    EXTRA_HEAD.write({ id, bytes: fieldBytes * present.length }),
    ...present.map((value) => unsigned(value, fieldBytes)),
  ]);
}
