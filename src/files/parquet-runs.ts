/**
 * `count` whole numbers of `width` bits from runs that are either repeated or packed, as Parquet keeps levels and the
 * numbers of entries of a dictionary ("RLE / Bit-Packing Hybrid", Apache Parquet format, Encodings). Runs may
 * not give more than is asked for, but for the padding of the last packed group of eight.
 *
 * @returns the numbers, or undefined where the bytes hold fewer, a run is empty, or one goes on beyond the end
 */
export function readRuns(bytes: Uint8Array, width: number, count: number): Int32Array | undefined {
  if (width > MAX_WIDTH) return undefined;
  const out = new Int32Array(count);
  const reader = { at: 0 };
  for (let done = 0; done < count;) {
    const header = varInt(bytes, reader);
    if (header === undefined || header < 2) return undefined;
    const isPacked = header % 2 === 1;
    const length = Math.floor(header / 2) * (isPacked ? 8 : 1);
    const taken = Math.min(length, count - done);
    if (isPacked ? length - taken >= 8 : length > taken) return undefined;
    const held = isPacked ? (length / 8) * width : Math.ceil(width / 8);
    // The last group may be cut after its last number.
    const needed = isPacked ? Math.ceil((taken * width) / 8) : held;
    if (reader.at + needed > bytes.length) return undefined;
    if (isPacked) unpack(bytes, reader.at, width, out.subarray(done, done + taken));
    else out.fill(repeated(bytes, reader.at, held), done, done + taken);
    reader.at += held;
    done += taken;
  }
  return out;
}

/** Enough for a dictionary of 2^24 entries; numbers stay exact in 32-bit arithmetic. */
const MAX_WIDTH = 24;

function unpack(bytes: Uint8Array, from: number, width: number, out: Int32Array): void {
  const mask = (1 << width) - 1;
  let held = 0;
  let bits = 0;
  let at = from;
  for (let i = 0; i < out.length; i++) {
    while (bits < width) {
      held |= bytes[at++] << bits;
      bits += 8;
    }
    out[i] = held & mask;
    held >>>= width;
    bits -= width;
  }
}

function repeated(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = 0; i < length; i++) value |= bytes[at + i] << (8 * i);
  return value;
}

function varInt(bytes: Uint8Array, reader: { at: number }): number | undefined {
  let value = 0;
  for (let scale = 1; scale < 2 ** 32; scale *= 128) {
    const byte = bytes[reader.at++];
    if (byte === undefined) return undefined;
    value += (byte & 127) * scale;
    if (byte < 128) return value;
  }
  return undefined;
}
