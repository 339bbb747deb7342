import type { Plane } from "./jpeg-dct.ts";

/**
 * Pixels from planes of colours: those that are sampled less are spread as libjpeg does ("fancy upsampling": a sample
 * between two is three parts of the nearer and one of the other), then luma and chroma become red, green and blue by
 * the integers of jdcolor.c (ITU-R BT.601 over the whole range).
 */
export function coloursOf(planes: readonly Plane[], width: number, height: number, isYcc: boolean): Uint8Array {
  const channels = planes.length;
  const spread = planes.map((plane) => spreadOut(plane, width, height));
  const out = new Uint8Array(width * height * channels);
  if (!isYcc) {
    spread.forEach((values, k) => values.forEach((value, i) => (out[i * channels + k] = value)));
    return out;
  }
  const [luma, blue, red] = spread;
  for (let i = 0; i < width * height; i++) {
    const [y, cb, cr] = [luma[i], blue[i] - 128, red[i] - 128];
    out[3 * i] = clamped(y + ((RED * cr + HALF) >> 16));
    out[3 * i + 1] = clamped(y + ((-GREEN_BLUE * cb + HALF - GREEN_RED * cr) >> 16));
    out[3 * i + 2] = clamped(y + ((BLUE * cb + HALF) >> 16));
  }
  return out;
}

/** 1.402, 0.71414, 0.34414 and 1.772, times 2^16. */
const RED = 91881;
const GREEN_RED = 46802;
const GREEN_BLUE = 22554;
const BLUE = 116130;
const HALF = 1 << 15;

function clamped(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** The plane with a number for every pixel. */
function spreadOut(plane: Plane, width: number, height: number): Uint8Array {
  const { scaleX, scaleY, stride, data } = plane;
  const isSmooth = plane.width > 2;
  const out = new Uint8Array(width * height);
  const row = (y: number) => {
    const inside = Math.min(Math.max(y, 0), plane.height - 1);
    return data.subarray(inside * stride, inside * stride + plane.width);
  };
  for (let y = 0; y < height; y++) {
    const own = Math.floor(y / scaleY);
    const other = y % 2 === 0 ? own - 1 : own + 1;
    const line = out.subarray(y * width, (y + 1) * width);
    if (scaleX === 2 && scaleY === 1 && isSmooth) spreadRow(row(own), line);
    else if (scaleX === 2 && scaleY === 2 && isSmooth) spreadRows(row(own), row(other), line);
    else if (scaleX === 1 && scaleY === 2) mixRows(row(own), row(other), y % 2 === 0 ? 1 : 2, line);
    else {
      const values = row(own);
      for (let x = 0; x < width; x++) line[x] = values[Math.floor(x / scaleX)];
    }
  }
  return out;
}

function spreadRow(values: Uint8Array, out: Uint8Array): void {
  const last = values.length - 1;
  for (let x = 0; x < out.length; x++) {
    const near = x >> 1;
    const far = x % 2 === 0 ? near - 1 : near + 1;
    out[x] = far < 0 || far > last ? values[near] : (3 * values[near] + values[far] + 1 + (x % 2)) >> 2;
  }
}

function spreadRows(own: Uint8Array, other: Uint8Array, out: Uint8Array): void {
  const last = own.length - 1;
  const sum = (i: number) => 3 * own[i] + other[i];
  for (let x = 0; x < out.length; x++) {
    const near = x >> 1;
    const far = x % 2 === 0 ? near - 1 : near + 1;
    const isEdge = far < 0 || far > last;
    out[x] = (3 * sum(near) + sum(isEdge ? near : far) + 8 - (x % 2)) >> 4;
  }
}

function mixRows(own: Uint8Array, other: Uint8Array, round: number, out: Uint8Array): void {
  for (let x = 0; x < out.length; x++) out[x] = (3 * own[x] + other[x] + round) >> 2;
}
