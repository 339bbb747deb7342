import type { Tensor } from "../util/tensor.ts";
import { snapConstant } from "./snap-constant.ts";

/*
 * What the values of a tensor tell. They never overrule a role; they are asked where a tensor has
 * none of its own, and where two tensors may be one.
 */

/** What an additive mask puts where nothing may be seen. */
const MASKED = -1e4;

/** All elements equal, so that the values cannot tell two tensors apart. */
export function isFilled({ data }: Pick<Tensor, "data">): boolean {
  const first = data[0];
  for (let i = 1; i < data.length; i++) if (data[i] !== first) return false;
  return true;
}

/** Zeros, and minus infinity or what stands for it: what is added to scores to hide some of them. */
export function isAdditiveMask({ data }: Tensor): boolean {
  let masked = 0;
  for (const element of data) {
    if (element <= MASKED) masked++;
    else if (element !== 0) return false;
  }
  return masked > 0;
}

/** Zeros and ones, both. */
export function isZeroOneMask({ data }: Tensor): boolean {
  let ones = 0;
  for (const element of data) {
    if (element === 1) ones++;
    else if (element !== 0) return false;
  }
  return ones > 0 && ones < data.length;
}

/** Ones on the diagonal of a square, zeros elsewhere: one-hot rows. */
export function isIdentity({ data, shape }: Tensor): boolean {
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows !== columns) return false;
  return data.every((element, i) => element === (Math.floor(i / columns) === i % columns ? 1 : 0));
}

/**
 * Several columns of sampled sinusoids, which obey x[t+1] + x[t−1] = 2·cos ω·x[t], as tables of
 * positions and rotations hold them. At least two columns must turn at full amplitude; columns that
 * do not turn (constants and straight lines obey it with ω = 0) are no evidence.
 */
export function isSinusoidTable({ data, shape }: Tensor): boolean {
  const rows = shape[shape.length - 2] ?? 0;
  const columns = shape[shape.length - 1] ?? 0;
  if (rows < 4 || columns < 2 || data.length !== rows * columns) return false;
  let turning = 0;
  let full = 0;
  for (let column = 0; column < columns; column++) {
    const at = (row: number) => data[row * columns + column];
    // cos ω by least squares over the column.
    let top = 0;
    let bottom = 0;
    let largest = 0;
    for (let row = 0; row < rows; row++) largest = Math.max(largest, Math.abs(at(row)));
    for (let row = 1; row + 1 < rows; row++) {
      top += at(row) * (at(row + 1) + at(row - 1));
      bottom += at(row) * at(row);
    }
    const twiceCos = bottom === 0 ? 0 : top / bottom;
    if (Math.abs(twiceCos) > 2 + 1e-4) return false;
    for (let row = 1; row + 1 < rows; row++) {
      if (Math.abs(at(row + 1) + at(row - 1) - twiceCos * at(row)) > 1e-3) return false;
    }
    if (largest <= 0.9) continue;
    full++;
    if (twiceCos < 2 - 1e-3) turning++;
  }
  return full * 2 >= columns && turning >= 2 && data.every((element) => Math.abs(element) <= 1 + 1e-6);
}

/** Equal steps from one element to the next (positions), or equal ratios (frequencies). */
export function isProgression({ data }: Tensor): boolean {
  if (data.length < 3) return false;
  const step = data[1] - data[0];
  const ratio = data[1] / data[0];
  if (step === 0) return false;
  const isStepped = (tolerance: number) =>
    data.every((element, i) => Math.abs(element - (data[0] + i * step)) <= tolerance);
  // No element of a progression is larger than both of its ends, but for the tolerance: others are told by their first few.
  const ends = Math.max(Math.abs(data[0]), Math.abs(data[0] + (data.length - 1) * step));
  if (isStepped(1.1e-5 * ends)) {
    let scale = 0;
    for (const element of data) scale = Math.max(scale, Math.abs(element));
    if (isStepped(1e-5 * scale)) return true;
  }
  return ratio > 0 && data.every((element, i) => Math.abs(element - data[0] * ratio ** i) <= 1e-4 * Math.abs(element));
}

/** A progression along one of several axes, repeated along the others: coordinates. */
export function isGrid({ data, shape, dtype }: Tensor): boolean {
  const long = shape.flatMap((extent, axis) => (extent > 1 ? [axis] : []));
  if (long.length < 2) return false;
  return long.some((axis) => {
    const stride = shape.slice(axis + 1).reduce((product, extent) => product * extent, 1);
    const along = (i: number) => Math.floor(i / stride) % shape[axis];
    const line = Float64Array.from({ length: shape[axis] }, (_, k) => data[k * stride]);
    return (
      isProgression({ data: line, shape: [line.length], dtype: dtype === "float32" ? "float64" : dtype }) &&
      data.every((element, i) => element === line[along(i)])
    );
  });
}

/** In the last two axes proportional to j − i, or to its size: what attention by distance adds (ALiBi; Press 2022). */
export function isDistanceTable({ data, shape }: Tensor): boolean {
  const rows = shape[shape.length - 2] ?? 0;
  const columns = shape[shape.length - 1] ?? 0;
  if (rows < 3 || columns < 3) return false;
  return [(d: number) => d, (d: number) => Math.abs(d), (d: number) => Math.min(d, 0)].some((distance) =>
    data.every((element, at) => {
      const slice = at - (at % (rows * columns));
      const slope = data[slice + columns] / distance(-1);
      const apart = distance((at % columns) - Math.floor((at - slice) / columns));
      return slope !== 0 && Math.abs(element - slope * apart) <= 1e-5 * Math.abs(slope) * columns;
    }),
  );
}

/** A number that nobody typed and no formula of models gives: neither a short decimal nor √2, 1/√d, …. */
export function isUncommon(value: number): boolean {
  if (Number.isInteger(value) || Number(value.toPrecision(6)) === value) return false;
  const single = Math.fround(value);
  const meant = snapConstant(single);
  return meant === single || (single !== value && Math.abs(meant - value) > 1e-12 * Math.abs(value));
}

/** The fewest uncommon numbers that do not come together twice by accident: two have 46 random bits. */
const WITNESSES = 2;

/**
 * Whether the values are as good as a fingerprint: random numbers, not a pattern that two tensors may
 * share without being one (all equal, identity, positions, sinusoids, masks).
 */
export function isFingerprint(tensor: Tensor): boolean {
  if (isProgression(tensor) || isGrid(tensor) || isSinusoidTable(tensor)) return false;
  const seen = new Set<number>();
  for (const element of tensor.data) {
    if (isUncommon(element)) seen.add(Math.abs(element));
    if (seen.size > WITNESSES) return true;
  }
  return seen.size >= Math.min(WITNESSES, tensor.data.length) && tensor.data.length > 1;
}

/** The same for all orders of the elements: tensors that are equal up to a move have the same. */
export function fingerprint({ data }: Pick<Tensor, "data">): number {
  const bits = new Uint32Array(2);
  const value = new Float64Array(bits.buffer);
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    value[0] = data[i];
    const mixed = Math.imul(bits[0] ^ Math.imul(bits[1], 0x85ebca6b), 0xc2b2ae35);
    sum = (sum + (mixed ^ (mixed >>> 15))) | 0;
  }
  return sum;
}
