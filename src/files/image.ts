import { ThalwegError } from "../util/thalweg-error.ts";
import type { ByteSource } from "./byte-source.ts";
import { fileKind, HEAD_BYTES } from "./file-kind.ts";
import { inputError } from "./input-error.ts";
import { jpegHeader, readJpeg } from "./jpeg.ts";
import type { DecodedImage, ImageHeader } from "./image-fault.ts";
import { ImageFault } from "./image-fault.ts";
import { pngHeader, readPng } from "./png.ts";

/** How an image is read: what its header says, and its pixels. */
interface ImageFormat {
  header(source: ByteSource): ImageHeader;
  pixels(source: ByteSource): DecodedImage;
}

const FORMATS: { readonly [kind: string]: ImageFormat } = {
  PNG: { header: pngHeader, pixels: readPng },
  JPEG: { header: jpegHeader, pixels: readJpeg },
};

/** The kinds of image that are read. */
export const IMAGE_FORMATS: readonly string[] = Object.keys(FORMATS);

/** Whether it is an image of a kind that is read, by its first bytes. */
export function isImage(source: ByteSource): boolean {
  return formatOf(source) !== undefined;
}

/**
 * What the header of a PNG or JPEG says. Cost: its first bytes; of a JPEG, the segments before its pixels.
 *
 * @throws ThalwegError `bad-image`
 */
export function imageHeader(source: ByteSource): ImageHeader {
  return attempt(source, ({ header }) => header(source));
}

/**
 * The pixels of a PNG or JPEG as they are stored, row by row, channels last: no profile of colours, gamma or orientation
 * is applied, as the loaders of frameworks do not. Those of a JPEG are libjpeg's, bit for bit.
 *
 * Cost: the image at once, for a JPEG with two bytes more for each of its numbers.
 *
 * @throws ThalwegError `bad-image`
 */
export function readImage(source: ByteSource): DecodedImage {
  return attempt(source, ({ pixels }) => pixels(source));
}

function formatOf(source: ByteSource): ImageFormat | undefined {
  const kind = fileKind(source.read(0, Math.min(source.size, HEAD_BYTES)));
  return kind && FORMATS[kind.name];
}

function attempt<T>(source: ByteSource, read: (format: ImageFormat) => T): T {
  const bad = (reason: string, cause?: unknown) =>
    inputError(
      "bad-image",
      `${source.name} cannot be read as an image: ${reason}.`,
      { file: source.name },
      "Write or download it again, or save it as a PNG of 8 bits.",
      cause,
    );
  const format = formatOf(source);
  if (!format) throw bad(`it is neither ${Object.keys(FORMATS).join(" nor ")}`);
  try {
    return read(format);
  } catch (error) {
    if (error instanceof ImageFault) throw bad(error.message, error);
    if (error instanceof ThalwegError && error.code === "truncated-file") throw bad("it ends too early", error);
    throw error;
  }
}
