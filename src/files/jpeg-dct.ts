import type { JpegComponent } from "./jpeg-scan.ts";

/** One colour of an image. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  /** Numbers in a row, padding included. */
  readonly stride: number;
  readonly scaleX: number;
  readonly scaleY: number;
  readonly data: Uint8Array;
}

const BITS = 13;
const PASS_BITS = 2;

/** Multiples of cosines, times 2^13 and rounded, as in jidctint.c. */
const F0298 = 2446;
const F0390 = 3196;
const F0541 = 4433;
const F0765 = 6270;
const F0899 = 7373;
const F1175 = 9633;
const F1501 = 12299;
const F1847 = 15137;
const F1961 = 16069;
const F2053 = 16819;
const F2562 = 20995;
const F3072 = 25172;

/**
 * The samples of a component: libjpeg's inverse cosine transform in integers (Loeffler, Ligtenberg, Moschytz 1989; jidctint.c,
 * "islow", the default), with its roundings, so that all loaders agree bit for bit.
 */
export function inverseDct({ columns, rows, coefficients, quantiser, ...size }: JpegComponent): Plane {
  const stride = 8 * columns;
  const data = new Uint8Array(stride * 8 * rows);
  const work = new Int32Array(64);
  const factors = quantiser ?? new Uint16Array(64);
  for (let block = 0; block < rows * columns; block++) {
    const from = 64 * block;
    for (let i = 0; i < 64; i++) work[i] = coefficients[from + i] * factors[i];
    for (let column = 0; column < 8; column++) transform(work, column, 8, BITS - PASS_BITS);
    for (let row = 0; row < 8; row++) transform(work, 8 * row, 1, BITS + PASS_BITS + 3);
    const corner = Math.floor(block / columns) * 8 * stride + (block % columns) * 8;
    for (let i = 0; i < 64; i++) {
      const value = work[i] + 128;
      data[corner + (i >> 3) * stride + (i & 7)] = value < 0 ? 0 : value > 255 ? 255 : value;
    }
  }
  const { width, height, scaleX, scaleY } = size;
  return { width, height, stride, scaleX, scaleY, data };
}

/** Eight numbers, `step` apart, from frequencies to samples. */
function transform(work: Int32Array, at: number, step: number, shift: number): void {
  const round = 1 << (shift - 1);
  const [i1, i2, i3, i4, i5, i6, i7] = [1, 2, 3, 4, 5, 6, 7].map((k) => at + k * step);

  const e1 = Math.imul(work[i2] + work[i6], F0541);
  const t2 = e1 - Math.imul(work[i6], F1847);
  const t3 = e1 + Math.imul(work[i2], F0765);
  const t0 = (work[at] + work[i4]) << BITS;
  const t1 = (work[at] - work[i4]) << BITS;
  const t10 = t0 + t3;
  const t13 = t0 - t3;
  const t11 = t1 + t2;
  const t12 = t1 - t2;

  const [o0, o1, o2, o3] = [work[i7], work[i5], work[i3], work[i1]];
  const z5 = Math.imul(o0 + o2 + o1 + o3, F1175);
  const z1 = Math.imul(o0 + o3, -F0899);
  const z2 = Math.imul(o1 + o2, -F2562);
  const z3 = Math.imul(o0 + o2, -F1961) + z5;
  const z4 = Math.imul(o1 + o3, -F0390) + z5;
  const u0 = Math.imul(o0, F0298) + z1 + z3;
  const u1 = Math.imul(o1, F2053) + z2 + z4;
  const u2 = Math.imul(o2, F3072) + z2 + z3;
  const u3 = Math.imul(o3, F1501) + z1 + z4;

  work[at] = (t10 + u3 + round) >> shift;
  work[i7] = (t10 - u3 + round) >> shift;
  work[i1] = (t11 + u2 + round) >> shift;
  work[i6] = (t11 - u2 + round) >> shift;
  work[i2] = (t12 + u1 + round) >> shift;
  work[i5] = (t12 - u1 + round) >> shift;
  work[i3] = (t13 + u0 + round) >> shift;
  work[i4] = (t13 - u0 + round) >> shift;
}
