import { ImageFault } from "./image-fault.ts";

/** One colour of a JPEG, in blocks of eight by eight. */
export interface JpegComponent {
  readonly id: number;
  /** Blocks of it in a unit of the image. */
  readonly h: number;
  readonly v: number;
  readonly quantiserId: number;
  /** Its samples, and how many pixels of the image one stands for. */
  readonly width: number;
  readonly height: number;
  readonly scaleX: number;
  readonly scaleY: number;
  /** Its blocks, padding included. */
  readonly columns: number;
  readonly rows: number;
  /** 64 to a block, in the order of rows. */
  readonly coefficients: Int16Array;
  quantiser: Uint16Array | undefined;
  /** Whether a scan has brought its means. */
  isSeen: boolean;
}

export interface JpegFrame {
  readonly width: number;
  readonly height: number;
  readonly isProgressive: boolean;
  /** Units of the image. */
  readonly across: number;
  readonly down: number;
  readonly components: readonly JpegComponent[];
}

/** Codes of up to 16 bits: for each length the first code, how many, and where their values begin. */
export interface HuffmanTable {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly start: Int32Array;
  readonly values: Uint8Array;
}

/** The canonical code of these lengths (T.81, annex C). */
export function huffmanTable(lengths: Uint8Array, values: Uint8Array): HuffmanTable {
  const table = { first: new Int32Array(17), count: new Int32Array(17), start: new Int32Array(17), values };
  let code = 0;
  let start = 0;
  for (let bits = 1; bits <= 16; bits++) {
    const count = lengths[bits - 1];
    table.first[bits] = code;
    table.count[bits] = count;
    table.start[bits] = start;
    code = (code + count) * 2;
    start += count;
    if (code > 2 ** (bits + 1)) throw new ImageFault("its codes are damaged");
  }
  return table;
}

/** The place of each coefficient in its block. */
export const ZIGZAG = Uint8Array.of(
  0,
  1,
  8,
  16,
  9,
  2,
  3,
  10,
  17,
  24,
  32,
  25,
  18,
  11,
  4,
  5,
  12,
  19,
  26,
  33,
  40,
  48,
  41,
  34,
  27,
  20,
  13,
  6,
  7,
  14,
  21,
  28,
  35,
  42,
  49,
  56,
  57,
  50,
  43,
  36,
  29,
  22,
  15,
  23,
  30,
  37,
  44,
  51,
  58,
  59,
  52,
  45,
  38,
  31,
  39,
  46,
  53,
  60,
  61,
  54,
  47,
  55,
  62,
  63,
);

/**
 * Reads one scan into the coefficients of its components.
 *
 * @param at where its codes begin
 * @param header the segment before them
 * @returns where the next marker stands
 * @throws ImageFault where a code is none, or the codes end before the image
 */
export function decodeScan(
  bytes: Uint8Array,
  at: number,
  header: Uint8Array,
  frame: JpegFrame,
  tables: ReadonlyMap<number, HuffmanTable>,
  restart: number,
): number {
  const [count] = header;
  const chosen = Array.from({ length: count }, (_, i) => {
    const component = frame.components.find(({ id }) => id === header[1 + 2 * i]);
    if (!component) throw new ImageFault("a scan names a colour that is not there");
    const choice = header[2 + 2 * i];
    return { component, dc: tables.get(choice >> 4), ac: tables.get(16 + (choice & 15)), mean: 0 };
  });
  if (count < 1 || count > 4 || header.length < 4 + 2 * count) throw new ImageFault("the header of a scan is damaged");
  const [start, end, shift] = header.subarray(1 + 2 * count);
  const band = frame.isProgressive
    ? { start, end, high: shift >> 4, low: shift & 15 }
    : { start: 0, end: 63, high: 0, low: 0 };
  if (
    band.start > band.end ||
    band.end > 63 ||
    band.low > 13 ||
    (frame.isProgressive && (band.start > 0 ? count > 1 : band.end > 0))
  )
    throw new ImageFault("the header of a scan is damaged");
  const reader = new BitReader(bytes, at);
  const run = { left: 0 };
  const decodeBlock = blockDecoder(reader, frame.isProgressive, band, run);
  for (const { component } of chosen) component.isSeen ||= band.start === 0;

  const alone = count === 1 ? chosen[0].component : undefined;
  const across = alone ? Math.ceil(alone.width / 8) : frame.across;
  const units = across * (alone ? Math.ceil(alone.height / 8) : frame.down);
  for (let unit = 0; unit < units; unit++) {
    if (restart > 0 && unit > 0 && unit % restart === 0) {
      reader.restart((unit / restart - 1) % 8);
      run.left = 0;
      for (const each of chosen) each.mean = 0;
    }
    const [row, column] = [Math.floor(unit / across), unit % across];
    for (const each of chosen) {
      const { h, v, columns, coefficients } = each.component;
      const [high, wide] = alone ? [1, 1] : [v, h];
      for (let y = 0; y < high; y++)
        for (let x = 0; x < wide; x++) {
          const block = 64 * ((row * high + y) * columns + column * wide + x);
          decodeBlock(coefficients.subarray(block, block + 64), each);
        }
    }
  }
  return reader.end();
}

interface Coded {
  readonly dc: HuffmanTable | undefined;
  readonly ac: HuffmanTable | undefined;
  mean: number;
}

interface Band {
  readonly start: number;
  readonly end: number;
  readonly high: number;
  readonly low: number;
}

type BlockDecoder = (block: Int16Array, coded: Coded) => void;

function blockDecoder(reader: BitReader, isProgressive: boolean, band: Band, run: { left: number }): BlockDecoder {
  const { start, end, high, low } = band;
  const mean = (coded: Coded) => (coded.mean += reader.signed(reader.code(coded.dc)));
  if (!isProgressive)
    return (block, coded) => {
      block[0] = mean(coded);
      for (let k = 1; k <= 63; k++) {
        const code = reader.code(coded.ac);
        const bits = code & 15;
        if (bits === 0 && code !== 0xf0) return;
        k += code >> 4;
        if (k > 63) throw new ImageFault("a block is longer than 64");
        if (bits > 0) block[ZIGZAG[k]] = reader.signed(bits);
      }
    };
  if (start === 0 && high === 0) return (block, coded) => void (block[0] = mean(coded) * 2 ** low);
  if (start === 0) return (block) => void (block[0] |= reader.bit() << low);
  if (high === 0)
    return (block, { ac }) => {
      if (run.left > 0) return void run.left--;
      for (let k = start; k <= end; k++) {
        const code = reader.code(ac);
        const bits = code & 15;
        if (bits === 0 && code !== 0xf0) return void (run.left = 2 ** (code >> 4) + reader.bits(code >> 4) - 1);
        k += code >> 4;
        if (k > 63) throw new ImageFault("a block is longer than 64");
        if (bits > 0) block[ZIGZAG[k]] = reader.signed(bits) * 2 ** low;
      }
    };
  return (block, { ac }) => refine(reader, block, ac, band, run);
}

/** One more bit of coefficients that are there, and new ones of one bit among them (T.81, G.1.2.3). */
function refine(
  reader: BitReader,
  block: Int16Array,
  ac: HuffmanTable | undefined,
  { start, end, low }: Band,
  run: { left: number },
): void {
  const unit = 1 << low;
  const improve = (place: number) => {
    if (reader.bit() && (block[place] & unit) === 0) block[place] += block[place] >= 0 ? unit : -unit;
  };
  let k = start;
  if (run.left === 0) {
    for (; k <= end; k++) {
      const code = reader.code(ac);
      const bits = code & 15;
      let skip = code >> 4;
      if (bits === 0 && skip < 15) {
        run.left = 2 ** skip + reader.bits(skip);
        break;
      }
      if (bits > 1) throw new ImageFault("a refinement has more than one bit");
      const fresh = bits === 1 ? (reader.bit() ? unit : -unit) : 0;
      for (; k <= end; k++) {
        const place = ZIGZAG[k];
        if (block[place] !== 0) improve(place);
        else if (skip-- === 0) {
          if (fresh !== 0) block[place] = fresh;
          break;
        }
      }
    }
  }
  if (run.left === 0) return;
  for (; k <= end; k++) if (block[ZIGZAG[k]] !== 0) improve(ZIGZAG[k]);
  run.left--;
}

/** Bits of a scan, in which FF stands for itself before 00, and for a marker before anything else. */
class BitReader {
  private readonly bytes: Uint8Array;
  private at: number;
  private held = 0;
  private left = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  bit(): number {
    if (this.left === 0) {
      const byte = this.bytes[this.at];
      if (byte === undefined || (byte === 0xff && this.bytes[this.at + 1] !== 0))
        throw new ImageFault("its pixels end too early");
      this.at += byte === 0xff ? 2 : 1;
      this.held = byte;
      this.left = 8;
    }
    return (this.held >> --this.left) & 1;
  }

  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.bit();
    return value;
  }

  /** A number of so many bits: those that begin with 0 are negative (T.81, F.2.2.1). */
  signed(count: number): number {
    if (count === 0) return 0;
    if (count > 15) throw new ImageFault("a coefficient is too large");
    const value = this.bits(count);
    return value >= 2 ** (count - 1) ? value : value - 2 ** count + 1;
  }

  code(table: HuffmanTable | undefined): number {
    if (!table) throw new ImageFault("a scan uses codes that are not there");
    let code = 0;
    for (let bits = 1; bits <= 16; bits++) {
      code = code * 2 + this.bit();
      const place = code - table.first[bits];
      if (place < table.count[bits]) return table.values[table.start[bits] + place];
    }
    throw new ImageFault("its pixels hold a code that is none");
  }

  restart(number: number): void {
    this.left = 0;
    while (this.bytes[this.at] === 0xff && this.bytes[this.at + 1] === 0xff) this.at++;
    if (this.bytes[this.at] !== 0xff || this.bytes[this.at + 1] !== 0xd0 + number)
      throw new ImageFault("a mark at which its codes begin anew is missing");
    this.at += 2;
  }

  /** Where the marker behind the scan stands. */
  end(): number {
    return this.at;
  }
}
