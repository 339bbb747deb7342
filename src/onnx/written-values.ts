import type { Shape, Tensor } from "../util/tensor.ts";
import { isFilled, isProgression, isSinusoidTable } from "./fixed-values.ts";

/*
 * Values that training does not leave behind: what somebody typed or computed from a formula. They
 * never overrule a role; where a tensor has none, or a name that says nothing, they speak against it.
 */

/** At most one axis is longer than 1. */
export function isVector(shape: Shape): boolean {
  return shape.filter((extent) => extent > 1).length <= 1;
}

/** Digits of numbers that people type: weights of atoms and means of colours have five. */
const TYPED_DIGITS = 5;

/**
 * Short decimals all, and not all equal. Of random float32 numbers fewer than one in fifty is such a
 * decimal; zeros and ones alone are how masks and identities start, and are none.
 */
export function isTyped(tensor: Tensor): boolean {
  if (isFilled(tensor)) return false;
  if (tensor.data.every((element) => element === 0 || element === 1)) return false;
  return tensor.data.every(
    (element) => Math.fround(Number(element.toPrecision(TYPED_DIGITS))) === Math.fround(element),
  );
}

/** A number of float32 with at most so many bits behind its first is one in 2¹⁵ of those that training leaves. */
const DYADIC = 256;

/** A short number in base two that is no integer, as 2⁻¹⁸. */
export function isDyadic(value: number): boolean {
  if (!Number.isFinite(value) || Number.isInteger(value)) return false;
  const scaled = (value / 2 ** Math.floor(Math.log2(Math.abs(value)))) * DYADIC;
  return Number.isInteger(scaled);
}

/** The fewest numbers whose sum says something. */
const SHARES = 3;

/** Positive numbers that add up to one, or the logarithms of such: frequencies of classes. */
export function isShares({ data }: Pick<Tensor, "data">): boolean {
  if (data.length < SHARES || isFilled({ data })) return false;
  let sum = 0;
  let exponentials = 0;
  let isPositive = true;
  for (let i = 0; i < data.length; i++) {
    sum += data[i];
    exponentials += Math.exp(data[i]);
    isPositive &&= data[i] > 0;
    // Neither sum comes down again.
    if (exponentials > 1 + ROUNDING && (!isPositive || sum > 1 + ROUNDING)) return false;
  }
  const isOne = (total: number) => Math.abs(total - 1) <= ROUNDING;
  return (isOne(sum) && isPositive) || isOne(exponentials);
}

/** The fewest numbers of which smoothness says something. */
const CURVE = 8;

/** A smooth curve along its one axis, as a schedule or a window is: changes of the slope are small against the slopes. */
export function isSmooth({ data }: Pick<Tensor, "data">): boolean {
  if (data.length < CURVE) return false;
  let slopes = 0;
  let bends = 0;
  for (let i = 1; i < data.length; i++) {
    slopes += Math.abs(data[i] - data[i - 1]);
    if (i > 1) bends += Math.abs(data[i] - 2 * data[i - 1] + data[i - 2]);
  }
  return slopes > 0 && bends < slopes / 2;
}

/** The largest difference by which rounding parts numbers that are equal. */
const ROUNDING = 1e-6;

/** Rounding of a length. */
const LENGTH_TOLERANCE = 1e-4;

/**
 * Sampled sinusoids of any amplitude and of several coordinates: sines and cosines in pairs, so that all rows (but for
 * empty ones, of tokens without a place) have one length. The row of the origin is zeros and ones.
 */
export function isScaledSinusoidTable({ data, shape, dtype }: Tensor): boolean {
  const columns = shape[shape.length - 1] ?? 0;
  if (columns < 2 || dtype.startsWith("int")) return false;
  const squares = new Float64Array(data.length / columns);
  let square = 0;
  for (let row = 0; row < squares.length; row++) {
    for (let i = row * columns; i < (row + 1) * columns; i++) squares[row] += data[i] * data[i];
    const each = squares[row];
    if (row < 2) square = Math.max(square, each);
    else if (each !== 0 && !isLong(each)) return false;
  }
  const amplitude = Math.sqrt((2 * square) / columns);
  function isLong(each: number): boolean {
    return Math.abs(each - square) <= LENGTH_TOLERANCE * square;
  }
  if (!(square > 0) || !squares.subarray(0, 2).every((each) => each === 0 || isLong(each))) return false;
  const isOrigin = (row: number) => {
    const values = data.subarray(row * columns, (row + 1) * columns);
    return squares[row] > 0 && values.every((each) => each === 0 || Math.abs(each - amplitude) <= ROUNDING * amplitude);
  };
  if (columns >= 4 && squares.length >= 4 && (isOrigin(0) || isOrigin(1))) return true;
  return isSinusoidTable({
    dtype: "float64",
    shape,
    data: new Float64Array(data).map((element) => element / amplitude),
  });
}

/**
 * Kernels of a filter that was designed (a blur, a difference): each is, along every axis, its own mirror
 * image up to a sign, or all are one kernel. The first two axes are those of the channels.
 */
export function isDesignedKernel(tensor: Tensor): boolean {
  const { data, shape } = tensor;
  const extents = shape.slice(2);
  const size = extents.reduce((product, extent) => product * extent, 1);
  if (size < 3) return false;
  let largest = 0;
  for (const element of data) largest = Math.max(largest, Math.abs(element));
  const isSame = (a: number, b: number) => Math.abs(a - b) <= ROUNDING * largest;
  if (data.length > size && data.every((element, i) => isSame(element, data[i % size]))) return true;
  for (let start = 0; start < data.length; start += size) {
    let stride = 1;
    for (const extent of extents.toReversed()) {
      const step = stride;
      stride *= extent;
      const mirrored = (i: number) => i + step * (extent - 1 - 2 * (Math.floor(i / step) % extent));
      const kernel = data.subarray(start, start + size);
      const isMirror = (sign: number) => kernel.every((element, i) => isSame(element, sign * kernel[mirrored(i)]));
      if (!isMirror(1) && !isMirror(-1)) return false;
    }
  }
  return true;
}

/** Nothing below zero and many exact zeros: a matrix of neighbours, bands or assignments. */
export function isIncidence({ data, shape }: Tensor): boolean {
  if (shape.length < 2 || data.length < 9) return false;
  let zeros = 0;
  for (const element of data) if (element === 0) zeros++;
  return zeros >= data.length / 4 && zeros < data.length && data.every((element) => element >= 0);
}

/** A pattern that no weight starts from: sinusoids, or bands of numbers other than one. (Identities and constants are how weights start.) */
export function isPattern(tensor: Tensor): boolean {
  if (isSinusoidTable(tensor) || isScaledSinusoidTable(tensor)) return true;
  return isIncidence(tensor) && tensor.data.some((element) => element !== 0 && element !== 1);
}

/** Values of a formula: steps, ratios, a smooth curve, a pattern. */
export function isFormula(tensor: Tensor): boolean {
  return isPattern(tensor) || isShares(tensor) || isProgression(tensor) || (isVector(tensor.shape) && isSmooth(tensor));
}

/** More columns than this are not multiplied with each other. */
const COLUMNS = 64;

/** Columns (up to the first few) of one length at right angles: a rotation, a basis of principal components. */
export function isOrthogonal({ data, shape }: Tensor): boolean {
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows < 3 || columns < 3 || columns > rows) return false;
  const count = Math.min(columns, COLUMNS);
  const dot = (a: number, b: number) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += data[row * columns + a] * data[row * columns + b];
    return sum;
  };
  const square = dot(0, 0);
  for (let a = 0; a < count; a++)
    for (let b = 0; b <= a; b++) if (!(Math.abs(dot(a, b) - (a === b ? square : 0)) <= 1e-5 * square)) return false;
  return square > 0;
}
