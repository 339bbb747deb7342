/** What the header of an image says. */
export interface ImageHeader {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 red, green, blue, 4 these and alpha. */
  readonly channels: number;
  /** The tag of EXIF that says how a camera was held: 1 upright. */
  readonly orientation: number;
}

/** An image as numbers. */
export interface DecodedImage extends ImageHeader {
  /** Row by row, the channels of a pixel side by side. */
  readonly data: Uint8Array | Uint16Array;
  /** What white is: 255 or 65535. */
  readonly white: number;
}

/** Thrown by a decoder where an image is not sound; the reason is the end of a sentence about the file. */
export class ImageFault extends Error {}

/** More numbers than any image has that a network is fed whole. */
const MAX_NUMBERS = 1 << 28;

/** @throws ImageFault where an image has no pixels or more than are read */
export function requireSize({ width, height, channels }: Omit<ImageHeader, "orientation">): void {
  if (!(width > 0 && height > 0)) throw new ImageFault(`its size is ${width} × ${height}`);
  if (width * height * channels > MAX_NUMBERS)
    throw new ImageFault(`its size of ${width} × ${height} is more than the ${MAX_NUMBERS} numbers that are read`);
}
