import { ThalwegError } from "../util/thalweg-error.ts";
import { crc32 } from "./crc32.ts";

/** A file to be stored: its pieces, one behind the other. */
export interface ZipFile {
  readonly name: string;
  readonly pieces: readonly Uint8Array[];
}

/** Fields of this value say "see the zip64 record". */
const FULL_32 = 0xffffffff;
const FULL_16 = 0xffff;
/** 1 January 1980, the first day of the format: files carry no date, so equal content gives equal bytes. */
const DATE = 0x21;
const UTF8_NAME = 0x800;
const VERSION = 20;
const VERSION_ZIP64 = 45;

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
    const sizes = wideSize ? [u64(size), u64(size)] : [];
    const shown = wideSize ? FULL_32 : size;
    const common = join(
      u16(wideSize || wideOffset ? VERSION_ZIP64 : VERSION),
      u16(UTF8_NAME),
      u16(0),
      u16(0),
      u16(DATE),
      u32(crc),
      u32(shown),
      u32(shown),
      u16(encodedName.length),
    );
    const localExtra = zip64Extra(sizes);
    const local = join(u32(0x04034b50), common, u16(localExtra.length), encodedName, localExtra);
    const centralExtra = zip64Extra(wideOffset ? [...sizes, u64(offset)] : sizes);
    const noCommentDiskAttributes = new Uint8Array(2 + 2 + 2 + 4);
    directory.push(
      join(
        u32(0x02014b50),
        u16(VERSION_ZIP64),
        common,
        u16(centralExtra.length),
        noCommentDiskAttributes,
        u32(wideOffset ? FULL_32 : offset),
        encodedName,
        centralExtra,
      ),
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
    yield join(
      u32(0x06064b50),
      u64(44),
      u16(VERSION_ZIP64),
      u16(VERSION_ZIP64),
      u32(0),
      u32(0),
      u64(count),
      u64(count),
      u64(bytes),
      u64(offset),
    );
    yield join(u32(0x07064b50), u32(0), u64(offset + bytes), u32(1));
  }
  const [shownCount, shownBytes, shownOffset] = wide ? [FULL_16, FULL_32, FULL_32] : [count, bytes, offset];
  yield join(
    u32(0x06054b50),
    u16(0),
    u16(0),
    u16(shownCount),
    u16(shownCount),
    u32(shownBytes),
    u32(shownOffset),
    u16(0),
  );
}

function zip64Extra(fields: readonly Uint8Array[]): Uint8Array {
  return fields.length === 0 ? new Uint8Array(0) : join(u16(1), u16(8 * fields.length), ...fields);
}

const u16 = (value: number) => unsigned(value, 2);
const u32 = (value: number) => unsigned(value, 4);
const u64 = (value: number) => unsigned(value, 8);

function unsigned(value: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
