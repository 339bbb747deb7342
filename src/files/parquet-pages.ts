import type { ColumnMetaData, PageHeader } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { deltaBinaryUnpack } from "hyparquet/src/delta.js";
import { byteStreamSplit } from "hyparquet/src/encoding.js";
import { readPlain } from "hyparquet/src/plain.js";
import { type ByteSource, littleEndian } from "./byte-source.ts";
import { crc32 } from "./crc32.ts";
import { PARQUET_CODECS } from "./parquet-codecs.ts";
import type { ParquetColumn } from "./parquet-column.ts";
import { readRuns } from "./parquet-runs.ts";
import { endOfThrift } from "./parquet-thrift.ts";

/** What one page holds. */
export interface ParquetPage {
  /** The stored values, those that are missing left out. */
  readonly values: ArrayLike<unknown>;
  /** Of every value, how many of the lists around it go on from the value before; undefined without lists. */
  readonly repetition?: Int32Array;
  /** The first value that is missing; -1 where none is. */
  readonly firstMissing: number;
}

/** Whoever reads a column says of each page what it takes, and may refuse. */
export interface PageBudget {
  spend(bytes: number, values: number): void;
}

/** Thrown where pages are not sound; the reason is the end of a sentence about the file. */
export class PageFault extends Error {}

/** More values than any writer puts into a page. */
const MAX_PAGE_VALUES = 1 << 24;

const FIRST_HEADER_BYTES = 1 << 12;

const WIDTHS: { readonly [type: string]: number } = { INT32: 4, INT64: 8, INT96: 12, FLOAT: 4, DOUBLE: 8 };

/**
 * The pages of a column in one group of rows, as they stand in the file. Decoders are hyparquet's; what they would
 * trust (sizes, counts, runs) is compared with the bytes that are there before.
 *
 * @throws PageFault, and errors of any kind from decoders of damaged bytes
 */
export function* parquetPages(
  source: ByteSource,
  meta: ColumnMetaData,
  column: ParquetColumn,
  budget: PageBudget,
): Generator<ParquetPage> {
  const first = Number(meta.data_page_offset);
  const start = Number(meta.dictionary_page_offset ?? 0) || first;
  const end = Math.min(start, first) + Number(meta.total_compressed_size);
  const total = Number(meta.num_values);
  if (![start, end, total].every(Number.isSafeInteger) || end > source.size)
    throw new PageFault("a column leads beyond its end");
  let dictionary: ArrayLike<unknown> | undefined;
  let seen = 0;
  for (let at = Math.min(start, first); at < end && seen < total;) {
    const { header, length } = headerAt(source, at, end);
    const size = header.compressed_page_size;
    at += length;
    if (!(size >= 0) || at + size > end) throw new PageFault("a page leads beyond its column");
    const bytes = source.read(at, size);
    at += size;
    if (header.crc !== undefined && crc32(bytes) >>> 0 !== header.crc >>> 0)
      throw new PageFault("the checksum of a page does not match");
    if (header.type === "INDEX_PAGE") continue;
    if (header.type === "DICTIONARY_PAGE") {
      const count = counted(header.dictionary_page_header?.num_values);
      const page = expanded(bytes, header.uncompressed_page_size, meta, budget, count);
      dictionary = plainValues(page, count, column);
      continue;
    }
    const page = dataPage(bytes, header, meta, column, dictionary, budget);
    seen += page.count;
    yield page;
  }
  if (seen !== total) throw new PageFault(`a column holds ${seen} values where its header says ${total}`);
}

function headerAt(source: ByteSource, at: number, end: number): { header: PageHeader; length: number } {
  for (let window = FIRST_HEADER_BYTES; ; window *= 16) {
    const bytes = source.read(at, Math.min(window, end - at));
    const length = endOfThrift(bytes, 0);
    if (length !== undefined) return { header: parquetHeader({ view: viewOf(bytes), offset: 0 }), length };
    if (bytes.length < window) throw new PageFault("the header of a page is damaged");
  }
}

function dataPage(
  bytes: Uint8Array,
  header: PageHeader,
  meta: ColumnMetaData,
  column: ParquetColumn,
  dictionary: ArrayLike<unknown> | undefined,
  budget: PageBudget,
): ParquetPage & { readonly count: number } {
  const { data_page_header: v1, data_page_header_v2: v2, uncompressed_page_size: size } = header;
  const { lists, optional } = column;
  const count = counted((v1 ?? v2)?.num_values);
  const encoding = (v1 ?? v2)?.encoding ?? "";
  let repetition: Int32Array | undefined;
  let definition: Int32Array | undefined;
  let held: Uint8Array;
  if (v1) {
    if (v1.definition_level_encoding === "BIT_PACKED" && lists + optional > 0)
      throw new PageFault("its levels have an encoding that was given up in 2013");
    const page = expanded(bytes, size, meta, budget, count);
    let at = 0;
    const levels = (max: number) => {
      if (max === 0) return undefined;
      const length = littleEndian(page, at, 4);
      if (!(at + 4 + length <= page.length)) throw new PageFault("the levels of a page lead beyond it");
      const read = levelsOf(page.subarray(at + 4, at + 4 + length), max, count);
      at += 4 + length;
      return read;
    };
    repetition = levels(lists);
    definition = levels(optional);
    held = page.subarray(at);
  } else if (v2) {
    const [repeats, defines] = [v2.repetition_levels_byte_length, v2.definition_levels_byte_length];
    if (!(repeats >= 0 && defines >= 0 && repeats + defines <= bytes.length && repeats + defines <= size))
      throw new PageFault("the levels of a page lead beyond it");
    if (lists > 0) repetition = levelsOf(bytes.subarray(0, repeats), lists, count);
    if (optional > 0) definition = levelsOf(bytes.subarray(repeats, repeats + defines), optional, count);
    const rest = bytes.subarray(repeats + defines);
    const restSize = size - repeats - defines;
    held = expanded(rest, restSize, v2.is_compressed === false ? { codec: "UNCOMPRESSED" } : meta, budget, count);
  } else throw new PageFault("a page has no header of its kind");
  const firstMissing = definition?.findIndex((level) => level < optional) ?? -1;
  const there = definition?.reduce((sum, level) => sum + (level === optional ? 1 : 0), 0) ?? count;
  return { count, values: valuesOf(held, there, encoding, column, dictionary), repetition, firstMissing };
}

function levelsOf(bytes: Uint8Array, max: number, count: number): Int32Array {
  const levels = readRuns(bytes, 32 - Math.clz32(max), count);
  if (!levels || levels.some((level) => level > max)) throw new PageFault("the levels of a page are damaged");
  return levels;
}

function counted(count: number | undefined): number {
  if (count === undefined || !(count >= 0)) throw new PageFault("a page does not say how much it holds");
  if (count > MAX_PAGE_VALUES)
    throw new PageFault(`a page claims ${count} values, more than the ${MAX_PAGE_VALUES} that are read`);
  return count;
}

function expanded(
  bytes: Uint8Array,
  size: number,
  { codec }: Pick<ColumnMetaData, "codec">,
  budget: PageBudget,
  values: number,
): Uint8Array {
  const found = PARQUET_CODECS[codec];
  if (!found) throw new PageFault(`it is compressed with ${codec}; ${Object.keys(PARQUET_CODECS).join(", ")} are read`);
  if (!(size >= 0) || size > found.ratio * bytes.length)
    throw new PageFault("a page claims more than it can expand to");
  budget.spend(size, values);
  if (size === 0) return new Uint8Array(0);
  const page = found.expand(bytes, size);
  if (page.length !== size) throw new PageFault(`a page expands to ${page.length} bytes where its header says ${size}`);
  return page;
}

function valuesOf(
  bytes: Uint8Array,
  count: number,
  encoding: string,
  column: ParquetColumn,
  dictionary: ArrayLike<unknown> | undefined,
): ArrayLike<unknown> {
  const { type, type_length: length } = column.element;
  if (count === 0) return [];
  if (encoding === "PLAIN") return plainValues(bytes, count, column);
  if (encoding === "RLE_DICTIONARY" || encoding === "PLAIN_DICTIONARY") {
    const [width] = bytes;
    const indices = width === 0 ? new Int32Array(count) : readRuns(bytes.subarray(1), width, count);
    if (!dictionary || !indices || indices.some((index) => index >= dictionary.length))
      throw new PageFault("a page names entries that its dictionary does not have");
    return Array.from(indices, (index) => dictionary[index]);
  }
  if (encoding === "RLE" && type === "BOOLEAN") {
    const bits = readRuns(bytes.subarray(4), 1, count);
    if (!bits) throw new PageFault("a page holds fewer values than its header says");
    return bits;
  }
  const reader = { view: viewOf(bytes), offset: 0 };
  if (encoding === "DELTA_BINARY_PACKED" && (type === "INT32" || type === "INT64")) {
    const out = type === "INT32" ? new Int32Array(count) : new BigInt64Array(count);
    deltaBinaryUnpack(reader, count, out);
    if (reader.offset > bytes.length) throw new PageFault("a page holds fewer values than its header says");
    return out;
  }
  if (encoding === "BYTE_STREAM_SPLIT" && type !== undefined) {
    requireBytes(bytes, count * (type === "FIXED_LEN_BYTE_ARRAY" ? (length ?? Infinity) : (WIDTHS[type] ?? Infinity)));
    return byteStreamSplit(reader, count, type, length);
  }
  throw new PageFault(`its values have the encoding ${encoding.slice(0, 40)}, which is not read`);
}

function plainValues(bytes: Uint8Array, count: number, { element }: ParquetColumn): ArrayLike<unknown> {
  const { type, type_length: length = Infinity } = element;
  if (type === undefined) throw new PageFault("a column has no type");
  const needed =
    type === "BOOLEAN"
      ? Math.ceil(count / 8)
      : count * (type === "BYTE_ARRAY" ? 4 : type === "FIXED_LEN_BYTE_ARRAY" ? length : WIDTHS[type]);
  requireBytes(bytes, needed);
  // Of its own, so that no length reaches into what lies behind it.
  const own = type === "BYTE_ARRAY" ? bytes.slice() : bytes;
  return readPlain({ view: viewOf(own), offset: 0 }, type, count, element.type_length);
}

function requireBytes(bytes: Uint8Array, needed: number): void {
  if (!(needed <= bytes.length)) throw new PageFault("a page holds fewer values than its header says");
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
