import { Decompress } from "fzstd";
import type { CompressionCodec } from "hyparquet";
import { snappyUncompress } from "hyparquet/src/snappy.js";
import { bytesSource, littleEndian } from "./byte-source.ts";
import { unwrapGzip } from "./gzip.ts";
import { MAX_DEFLATE_RATIO } from "./inflate.ts";

interface Codec {
  /** The most bytes that one compressed byte can stand for. */
  readonly ratio: number;
  /** May give another length, which its caller refuses; never more memory than a page may take. */
  expand(bytes: Uint8Array, size: number): Uint8Array;
}

/** A copy of 64 bytes takes three. */
const SNAPPY_RATIO = 22;
/** A block that repeats one byte 2^17 times takes four. */
const ZSTD_RATIO = 1 << 15;
/** Writers take 8 MiB at most unless they are told otherwise. */
const ZSTD_WINDOW = 1 << 25;
const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

/** How the pages of a Parquet file are compressed; Brotli, LZ4 and LZO are rare, and are not read. */
export const PARQUET_CODECS: { readonly [C in CompressionCodec]?: Codec } = {
  UNCOMPRESSED: { ratio: 1, expand: (bytes) => bytes },
  SNAPPY: {
    ratio: SNAPPY_RATIO,
    expand(bytes, size) {
      const out = new Uint8Array(size);
      snappyUncompress(bytes, out);
      return out;
    },
  },
  GZIP: {
    ratio: MAX_DEFLATE_RATIO,
    expand(bytes, size) {
      const inside = unwrapGzip(bytesSource("page", bytes), { maxBytes: size, maxInflatedBytes: size });
      return inside.read(0, inside.size);
    },
  },
  ZSTD: { ratio: ZSTD_RATIO, expand: expandZstd },
};

function expandZstd(bytes: Uint8Array, size: number): Uint8Array {
  if (!claimsAtMost(bytes, size)) throw new Error("its Zstandard frame claims another size");
  const out = new Uint8Array(size);
  let at = 0;
  const stream = new Decompress((piece) => {
    // A piece that does not fit is refused by set.
    out.set(piece, at);
    at += piece.length;
  });
  stream.push(bytes, true);
  return out.subarray(0, at);
}

/** Whether the header of a Zstandard frame (RFC 8878, 3.1.1.1) asks for no more memory than the page and a window take. */
function claimsAtMost(bytes: Uint8Array, size: number): boolean {
  if (bytes.length < 6) return false;
  if (!ZSTD_MAGIC.every((byte, i) => bytes[i] === byte)) return false;
  const flags = bytes[4];
  const isSingle = (flags & 32) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3];
  const sizeBytes = flags >> 6 ? 1 << (flags >> 6) : isSingle ? 1 : 0;
  const at = 6 - Number(isSingle) + dictionaryBytes;
  if (at + sizeBytes > bytes.length) return false;
  const claimed = littleEndian(bytes, at, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
  if (sizeBytes > 0 && claimed !== size) return false;
  return isSingle || 2 ** (10 + (bytes[5] >> 3)) * (1 + (bytes[5] & 7) / 8) <= ZSTD_WINDOW;
}
