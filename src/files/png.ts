import { type ByteSource, bytesSource, concatBytes } from "./byte-source.ts";
import { crc32 } from "./crc32.ts";
import { type DecodedImage, ImageFault, type ImageHeader, requireSize } from "./image-fault.ts";
import { inputError } from "./input-error.ts";
import { inflateAll, MAX_DEFLATE_RATIO } from "./inflate.ts";

/** Magic number; length, type, content and checksum of the first chunk. */
const MAGIC_BYTES = 8;
const HEADER_BYTES = 13;
const FIRST_BYTES = MAGIC_BYTES + HEADER_BYTES + 12;

/** Numbers of a pixel as they are stored, by colour type: grey, colours, palette, grey and alpha, colours and alpha. */
const STORED: { readonly [type: number]: number } = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const PALETTE = 3;

interface Header extends ImageHeader {
  readonly depth: number;
  readonly type: number;
  readonly isInterlaced: boolean;
}

/** @throws ImageFault */
export function pngHeader(source: ByteSource): Header {
  const bytes = source.read(0, FIRST_BYTES);
  const { type: name, content } = chunkAt(bytes, MAGIC_BYTES);
  const view = viewOf(content);
  const [depth, type, compression, filter, interlace] = content.subarray(8);
  const stored = STORED[type];
  if (name !== "IHDR" || content.length !== HEADER_BYTES || stored === undefined || !isDepth(depth, type))
    throw new ImageFault("its header is damaged");
  if (compression !== 0 || filter !== 0 || interlace > 1) throw new ImageFault("its header names unknown methods");
  const header = {
    width: view.getUint32(0),
    height: view.getUint32(4),
    channels: type === PALETTE ? 3 : stored,
    orientation: 1,
    depth,
    type,
    isInterlaced: interlace === 1,
  };
  requireSize(header);
  return header;
}

/**
 * A PNG (ISO/IEC 15948) of any colour type and depth, interlaced or not: palettes as their colours, less than 8 bits
 * spread to 0 to 255, transparency that a palette or a single colour declares as alpha.
 *
 * @throws ImageFault
 */
export function readPng(source: ByteSource): DecodedImage {
  const header = pngHeader(source);
  const bytes = source.read(0, source.size);
  const parts: Uint8Array[] = [];
  let palette: Uint8Array | undefined;
  let transparency: Uint8Array | undefined;
  for (let at = FIRST_BYTES; ;) {
    const { type, content, end } = chunkAt(bytes, at);
    at = end;
    if (type === "IEND") break;
    if (type === "IDAT") parts.push(content);
    else if (type === "PLTE") palette = content;
    else if (type === "tRNS") transparency = content;
    else if (type.charCodeAt(0) < 97) throw new ImageFault(`it holds a part ${JSON.stringify(type)} that is not known`);
  }
  const { width, height, depth, type, isInterlaced } = header;
  const stored = STORED[type];
  const passes = isInterlaced ? ADAM7.map((pass) => passSize(pass, width, height)) : [{ ...WHOLE, width, height }];
  const bits = stored * depth;
  const size = passes.reduce((sum, pass) => sum + rowBytes(pass.width, bits) * pass.height, 0);
  const packed = concatBytes(parts);
  // Two bytes of zlib's header before, its checksum behind: the chunks have their own.
  if (packed.length < 6 || (packed[0] & 15) !== 8 || size > MAX_DEFLATE_RATIO * packed.length)
    throw new ImageFault(`its data cannot expand to the ${width} × ${height} pixels that its header claims`);
  const deflated = bytesSource(source.name, packed.subarray(2, packed.length - 4));
  const tooLong = () =>
    inputError(
      "bad-image",
      `${source.name} cannot be read as an image: more data come out of it than its size needs.`,
      { file: source.name },
      "Write or download it again.",
    );
  const raw = inflateAll(deflated, size, tooLong);
  if (raw.length !== size) throw new ImageFault("its data end too early");

  const samples = depth === 16 ? new Uint16Array(width * height * stored) : new Uint8Array(width * height * stored);
  let at = 0;
  for (const pass of passes) {
    const length = rowBytes(pass.width, bits);
    if (pass.width === 0) continue;
    let above: Uint8Array = new Uint8Array(length - 1);
    for (let row = 0; row < pass.height; row++, at += length) {
      const line = raw.subarray(at + 1, at + length);
      unfilter(raw[at], line, above, Math.max(1, bits >> 3));
      above = line;
      const first = (pass.y + row * pass.dy) * width + pass.x;
      unpack(line, depth, stored, pass.width, samples, first * stored, pass.dx * stored);
    }
  }
  return coloured(header, samples, palette, transparency);
}

function coloured(
  header: Header,
  samples: Uint8Array | Uint16Array,
  palette: Uint8Array | undefined,
  transparency: Uint8Array | undefined,
): DecodedImage {
  const { width, height, channels, depth, type } = header;
  const size = { width, height, orientation: 1 };
  const white = depth === 16 ? 65535 : 255;
  const make = (length: number) => (depth === 16 ? new Uint16Array(length) : new Uint8Array(length));
  if (type === PALETTE) {
    const colours = (palette?.length ?? 0) / 3;
    if (!palette || !Number.isInteger(colours) || samples.some((index) => index >= colours))
      throw new ImageFault("it names colours that its palette does not have");
    const wide = transparency ? 4 : 3;
    const data = new Uint8Array(samples.length * wide);
    samples.forEach((index, i) => {
      for (let k = 0; k < 3; k++) data[i * wide + k] = palette[3 * index + k];
      if (transparency) data[i * wide + 3] = transparency[index] ?? 255;
    });
    return { ...size, channels: wide, data, white };
  }
  const scale = depth < 8 ? 255 / (2 ** depth - 1) : 1;
  if (transparency && type !== 4 && type !== 6) {
    if (transparency.length !== 2 * channels) throw new ImageFault("its transparent colour is damaged");
    const clear = Array.from({ length: channels }, (_, k) => viewOf(transparency).getUint16(2 * k));
    const wide = channels + 1;
    const data = make(width * height * wide);
    for (let i = 0; i < width * height; i++) {
      const isClear = clear.every((value, k) => samples[i * channels + k] === value);
      for (let k = 0; k < channels; k++) data[i * wide + k] = samples[i * channels + k] * scale;
      data[i * wide + channels] = isClear ? 0 : white;
    }
    return { ...size, channels: wide, data, white };
  }
  return { ...size, channels, data: scale === 1 ? samples : samples.map((value) => value * scale), white };
}

interface Pass {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
}

const WHOLE: Pass = { x: 0, y: 0, dx: 1, dy: 1 };

const ADAM7: readonly Pass[] = [
  { x: 0, y: 0, dx: 8, dy: 8 },
  { x: 4, y: 0, dx: 8, dy: 8 },
  { x: 0, y: 4, dx: 4, dy: 8 },
  { x: 2, y: 0, dx: 4, dy: 4 },
  { x: 0, y: 2, dx: 2, dy: 4 },
  { x: 1, y: 0, dx: 2, dy: 2 },
  { x: 0, y: 1, dx: 1, dy: 2 },
];

function passSize(pass: Pass, width: number, height: number) {
  const count = (extent: number, from: number, step: number) => Math.max(0, Math.ceil((extent - from) / step));
  return { ...pass, width: count(width, pass.x, pass.dx), height: count(height, pass.y, pass.dy) };
}

/** With the byte that names the filter; a pass without columns has no rows. */
function rowBytes(width: number, bits: number): number {
  return width === 0 ? 0 : 1 + Math.ceil((width * bits) / 8);
}

/** Undoes a filter (9.2): each byte was predicted from that of the pixel to its left, above, and above left. */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, step: number): void {
  if (filter > 4) throw new ImageFault(`a row has the filter ${filter}, which is not known`);
  if (filter === 0) return;
  for (let i = 0; i < line.length; i++) {
    const left = i < step ? 0 : line[i - step];
    const corner = i < step ? 0 : above[i - step];
    const up = above[i];
    line[i] += [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
  }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** The numbers of one row, each pixel `step` numbers behind the one before. */
function unpack(
  line: Uint8Array,
  depth: number,
  stored: number,
  width: number,
  out: Uint8Array | Uint16Array,
  first: number,
  step: number,
): void {
  for (let column = 0; column < width; column++) {
    for (let k = 0; k < stored; k++) {
      const i = column * stored + k;
      const value =
        depth === 16
          ? line[2 * i] * 256 + line[2 * i + 1]
          : depth === 8
            ? line[i]
            : (line[(i * depth) >> 3] >> (8 - depth - ((i * depth) & 7))) & (2 ** depth - 1);
      out[first + column * step + k] = value;
    }
  }
}

function isDepth(depth: number, type: number): boolean {
  const depths = type === 0 ? [1, 2, 4, 8, 16] : type === PALETTE ? [1, 2, 4, 8] : [8, 16];
  return depths.includes(depth);
}

/** @throws ImageFault where it is cut, or its checksum does not match */
function chunkAt(bytes: Uint8Array, at: number): { type: string; content: Uint8Array; end: number } {
  if (at + 12 > bytes.length) throw new ImageFault("it ends too early");
  const length = viewOf(bytes).getUint32(at);
  const end = at + 12 + length;
  if (end > bytes.length) throw new ImageFault("it ends too early");
  const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
  if (crc32(bytes.subarray(at + 4, end - 4)) >>> 0 !== viewOf(bytes).getUint32(end - 4))
    throw new ImageFault(`the checksum of its part ${JSON.stringify(type)} does not match`);
  return { type, content: bytes.subarray(at + 8, end - 4), end };
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
