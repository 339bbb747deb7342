import type { ByteSource } from "./byte-source.ts";
import { type DecodedImage, ImageFault, type ImageHeader, requireSize } from "./image-fault.ts";
import { coloursOf } from "./jpeg-colours.ts";
import { inverseDct } from "./jpeg-dct.ts";
import {
  decodeScan,
  type HuffmanTable,
  huffmanTable,
  type JpegComponent,
  type JpegFrame,
  ZIGZAG,
} from "./jpeg-scan.ts";
import { maxOf } from "../util/extremes.ts";
import { orientationOf } from "./exif-orientation.ts";

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const DHT = 0xc4;
const DQT = 0xdb;
const DRI = 0xdd;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP14 = 0xee;

/** Frames that are read: baseline, extended, progressive, all by Huffman codes. */
const FRAMES = [0xc0, 0xc1, 0xc2];
/** Those that are not: lossless, hierarchical, with arithmetic codes. */
const OTHER_FRAMES = [0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf];

/** Ten are usual; each goes over all blocks, however short it is. */
const MAX_SCANS = 100;

/** @throws ImageFault */
export function jpegHeader(source: ByteSource): ImageHeader {
  return headerOf(read(source, true));
}

/**
 * A JPEG (ITU-T T.81) of 8 bits by Huffman codes, baseline or progressive, grey or in three colours: the pixels are bit for
 * bit those of libjpeg and libjpeg-turbo at their defaults, which every loader of frameworks uses.
 *
 * @throws ImageFault
 */
export function readJpeg(source: ByteSource): DecodedImage {
  const image = read(source, false);
  const { width, height } = image.frame;
  const planes = image.frame.components.map((component) => inverseDct(component));
  return { ...headerOf(image), data: coloursOf(planes, width, height, image.isYcc), white: 255 };
}

interface JpegImage {
  readonly frame: JpegFrame;
  readonly isYcc: boolean;
  readonly orientation: number;
}

function headerOf({ frame: { width, height, components }, orientation }: JpegImage): ImageHeader {
  return { width, height, channels: components.length, orientation };
}

function read(source: ByteSource, headerOnly: boolean): JpegImage {
  const bytes = source.read(0, source.size);
  const quantisers = new Map<number, Uint16Array>();
  const huffman = new Map<number, HuffmanTable>();
  let frame: JpegFrame | undefined;
  let restart = 0;
  let scans = 0;
  let isJfif = false;
  let transform: number | undefined;
  let orientation = 1;
  let at = 0;
  const isYcc = ({ components }: JpegFrame) => {
    const ids = components.map(({ id }) => id).join();
    if (components.length < 3) return false;
    return isJfif || (transform === undefined ? ids !== "82,71,66" : transform !== 0);
  };

  if (markerAt(bytes, 0) !== SOI) throw new ImageFault("it does not begin as a JPEG");
  for (at = 2; ;) {
    // Fill bytes may stand before a marker.
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
    const marker = markerAt(bytes, at);
    at += 2;
    if (marker === EOI) break;
    const length = bytes[at] * 256 + bytes[at + 1];
    if (!(length >= 2) || at + length > bytes.length) throw new ImageFault("it ends too early");
    const segment = bytes.subarray(at + 2, at + length);
    at += length;
    if (OTHER_FRAMES.includes(marker)) throw new ImageFault("it is lossless, hierarchical or arithmetically coded");
    if (FRAMES.includes(marker)) {
      if (frame) throw new ImageFault("it holds two frames");
      frame = frameOf(segment, marker === 0xc2, source.size);
    } else if (marker === DQT) readQuantisers(segment, quantisers);
    else if (marker === DHT) readHuffman(segment, huffman);
    else if (marker === DRI) restart = segment[0] * 256 + segment[1];
    else if (marker === APP0 && startsWith(segment, "JFIF\0")) isJfif = true;
    else if (marker === APP1 && startsWith(segment, "Exif\0")) orientation = orientationOf(segment.subarray(6));
    else if (marker === APP14 && startsWith(segment, "Adobe")) transform = segment[11];
    else if (marker === SOS) {
      if (!frame) throw new ImageFault("its pixels come before its size");
      if (headerOnly) return { frame, isYcc: isYcc(frame), orientation };
      if (++scans > MAX_SCANS) throw new ImageFault(`its pixels come in more than ${MAX_SCANS} scans`);
      for (const component of frame.components) component.quantiser ??= quantisers.get(component.quantiserId);
      at = decodeScan(bytes, at, segment, frame, huffman, restart);
    }
  }
  if (!frame) throw new ImageFault("it has no pixels");
  for (const { isSeen, quantiser } of frame.components)
    if (!isSeen || !quantiser) throw new ImageFault("not all of its colours are there");
  return { frame, isYcc: isYcc(frame), orientation };
}

function frameOf(segment: Uint8Array, isProgressive: boolean, fileBytes: number): JpegFrame {
  const [precision, high, low, wide, narrow, count] = segment;
  const [height, width] = [high * 256 + low, wide * 256 + narrow];
  if (precision !== 8) throw new ImageFault(`its numbers have ${precision} bits, where 8 are read`);
  if (count !== 1 && count !== 3)
    throw new ImageFault(`it has ${count} colours, as CMYK has for printing, where 1 or 3 are read`);
  if (segment.length < 6 + 3 * count) throw new ImageFault("its header is damaged");
  requireSize({ width, height, channels: count });
  const described = Array.from({ length: count }, (_, i) => {
    const [id, sampling, quantiserId] = segment.subarray(6 + 3 * i);
    return { id, h: sampling >> 4, v: sampling & 15, quantiserId };
  });
  const [maxH, maxV] = [maxOf(described.map(({ h }) => h)), maxOf(described.map(({ v }) => v))];
  for (const { h, v } of described)
    if (!(h >= 1 && v >= 1 && h <= 4 && v <= 4 && maxH % h === 0 && maxV % v === 0))
      throw new ImageFault("its colours are sampled in a ratio that is not read");
  const [across, down] = [Math.ceil(width / (8 * maxH)), Math.ceil(height / (8 * maxV))];
  const blocks = described.reduce((sum, { h, v }) => sum + across * h * down * v, 0);
  // A block takes a bit at least.
  if (blocks > 8 * fileBytes)
    throw new ImageFault(`it is too short for the ${width} × ${height} pixels that it claims`);
  const components = described.map((each): JpegComponent => {
    const columns = across * each.h;
    return {
      ...each,
      // What lies beyond the edge is there to fill the last units, and is not looked at.
      width: Math.ceil((width * each.h) / maxH),
      height: Math.ceil((height * each.v) / maxV),
      scaleX: maxH / each.h,
      scaleY: maxV / each.v,
      columns,
      rows: down * each.v,
      coefficients: new Int16Array(64 * columns * down * each.v),
      quantiser: undefined,
      isSeen: false,
    };
  });
  return { width, height, isProgressive, across, down, components };
}

function readQuantisers(segment: Uint8Array, into: Map<number, Uint16Array>): void {
  for (let at = 0; at < segment.length;) {
    const [bytes, id] = [(segment[at] >> 4) + 1, segment[at] & 15];
    if (bytes > 2 || at + 1 + 64 * bytes > segment.length) throw new ImageFault("its tables are damaged");
    const table = new Uint16Array(64);
    for (let i = 0; i < 64; i++) {
      const from = at + 1 + i * bytes;
      table[ZIGZAG[i]] = bytes === 2 ? segment[from] * 256 + segment[from + 1] : segment[from];
    }
    into.set(id, table);
    at += 1 + 64 * bytes;
  }
}

function readHuffman(segment: Uint8Array, into: Map<number, HuffmanTable>): void {
  for (let at = 0; at < segment.length;) {
    const lengths = segment.subarray(at + 1, at + 17);
    const count = lengths.reduce((sum, length) => sum + length, 0);
    if (lengths.length < 16 || at + 17 + count > segment.length) throw new ImageFault("its tables are damaged");
    into.set(segment[at], huffmanTable(lengths, segment.subarray(at + 17, at + 17 + count)));
    at += 17 + count;
  }
}

function markerAt(bytes: Uint8Array, at: number): number {
  if (at + 1 >= bytes.length) throw new ImageFault("it ends too early");
  if (bytes[at] !== 0xff || bytes[at + 1] === 0) throw new ImageFault("its parts do not join");
  return bytes[at + 1];
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return new TextEncoder().encode(text).every((byte, i) => bytes[i] === byte);
}
