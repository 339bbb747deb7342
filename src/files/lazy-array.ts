import { allocate, type DType, type Shape, sizeOf, type Tensor, tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { type ByteSource, checkRange } from "./byte-source.ts";
import { decodeElements, type ElementName, type ElementType } from "./element-type.ts";
import { inputError } from "./input-error.ts";
import type { ReadLimits } from "./read-limits.ts";

/** An array whose numbers stay in their file until they are asked for. */
export interface LazyArray {
  readonly name: string;
  /** The file that it lies in, for messages. */
  readonly file: string;
  readonly dtype: DType;
  /** The type of the numbers in the file. */
  readonly storedAs: ElementName;
  readonly shape: Shape;
  /** Rows `start` (included) to `end` (excluded) along the first axis: shape [end - start, …]. */
  rows(start: number, end: number): Tensor;
  /** The whole array. */
  read(): Tensor;
}

/** Numbers in a file: their place, type and layout, as a header describes them. */
export interface ArrayRegion {
  readonly name: string;
  readonly source: ByteSource;
  /** Byte of the first element. */
  readonly offset: number;
  readonly type: ElementType;
  readonly shape: Shape;
  readonly littleEndian: boolean;
  /** Column-major: the first axis varies fastest. */
  readonly fortranOrder: boolean;
}

/** More axes than any array library allows. */
const MAX_AXES = 64;

/** Bytes decoded at a time. */
const PIECE_BYTES = 1 << 22;

/** Bytes that a declared shape takes, refused when no file could hold them. */
export function declaredBytes(name: string, file: string, type: ElementType, shape: Shape): number {
  const reach = shape.reduce((product, extent) => product * Math.max(1, extent), type.bytes);
  if (
    shape.length > MAX_AXES ||
    !shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0) ||
    !Number.isSafeInteger(reach)
  ) {
    throw inputError(
      "bad-shape",
      `${name} in ${file} declares a shape that no array can have (${shape.length} axes, ${reach.toExponential(2)} bytes).`,
      { file, input: name },
      "The header is damaged: write the file again.",
    );
  }
  return sizeOf(shape) * type.bytes;
}

/** A lazily read array over a region of a source; the region is checked to lie inside it. */
export function regionArray(region: ArrayRegion, limits: ReadLimits): LazyArray {
  const { name, source, type, shape } = region;
  checkRange(source, region.offset, declaredBytes(name, source.name, type, shape));
  const where = { file: source.name, input: name };

  function rows(start: number, end: number): Tensor {
    checkRows(name, shape, start, end);
    const selected = [end - start, ...shape.slice(1)];
    const out = allocateWithin(limits, name, source.name, type.dtype, selected);
    if (region.fortranOrder && shape.length > 1) readColumns(start, end, out.data);
    else readRun(start * sizeOf(shape.slice(1)), out.data.length, out.data, 0);
    return out;
  }

  /** Decodes `count` elements that lie one behind the other in the file, from element `first`. */
  function readRun(first: number, count: number, out: Tensor["data"], at: number): void {
    const piece = PIECE_BYTES / type.bytes;
    for (let done = 0; done < count; done += piece) {
      const size = Math.min(piece, count - done);
      const bytes = source.read(region.offset + (first + done) * type.bytes, size * type.bytes);
      decodeElements(type, bytes, region.littleEndian, out, at + done, where);
    }
  }

  /** In column-major order, element (i, c) of the array seen as a matrix lies at i + extent · c. */
  function readColumns(start: number, end: number, out: Tensor["data"]): void {
    const extent = shape[0];
    const rest = shape.slice(1);
    const width = sizeOf(rest);
    const column = allocate(type.dtype, end - start);
    for (let c = 0; c < width; c++) {
      readRun(c * extent + start, end - start, column, 0);
      const target = rowMajorIndex(c, rest);
      for (let i = 0; i < column.length; i++) out[i * width + target] = column[i];
    }
  }

  return {
    name,
    file: source.name,
    dtype: type.dtype,
    storedAs: type.name,
    shape,
    rows,
    read() {
      if (shape.length > 0) return rows(0, shape[0]);
      const out = allocateWithin(limits, name, source.name, type.dtype, shape);
      readRun(0, 1, out.data, 0);
      return out;
    },
  };
}

/** The tensor seen as a lazily read array. */
export function tensorArray(name: string, file: string, storedAs: ElementName, held: Tensor): LazyArray {
  const { dtype, shape, data } = held;
  return {
    name,
    file,
    dtype,
    storedAs,
    shape,
    rows(start, end) {
      checkRows(name, shape, start, end);
      const width = sizeOf(shape.slice(1));
      return tensor(dtype, [end - start, ...shape.slice(1)], data.slice(start * width, end * width));
    },
    read: () => tensor(dtype, shape, data.slice()),
  };
}

function rowMajorIndex(columnMajorIndex: number, shape: Shape): number {
  let rest = columnMajorIndex;
  let stride = sizeOf(shape);
  let index = 0;
  for (const extent of shape) {
    stride /= extent;
    index += (rest % extent) * stride;
    rest = Math.floor(rest / extent);
  }
  return index;
}

function allocateWithin(limits: ReadLimits, name: string, file: string, dtype: DType, shape: Shape): Tensor {
  const size = sizeOf(shape);
  const bytes = size * (dtype === "float32" ? 4 : dtype === "bool" ? 1 : 8);
  if (bytes > limits.maxBytes) {
    throw inputError(
      "array-too-large",
      `Reading [${shape.join(", ")}] of ${name} in ${file} would take ${bytes} bytes of memory; the limit is ${limits.maxBytes}.`,
      { file, input: name, shape },
      "Read fewer rows at a time: lower the batch size or the limit on examples.",
    );
  }
  return tensor(dtype, shape, allocate(dtype, size));
}

function checkRows(name: string, shape: Shape, start: number, end: number): void {
  if (
    shape.length > 0 &&
    Number.isInteger(start) &&
    Number.isInteger(end) &&
    0 <= start &&
    start <= end &&
    end <= shape[0]
  )
    return;
  throw new ThalwegError({
    kind: "internal",
    code: "row-range",
    message: `Rows ${start} to ${end} of ${name} were asked for, but its shape is [${shape.join(", ")}].`,
  });
}
