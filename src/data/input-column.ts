import { inputError } from "../files/input-error.ts";
import type { LazyArray } from "../files/lazy-array.ts";
import { allocate, type DType, isFloat, type Shape, sizeOf, type Tensor, tensor } from "../util/tensor.ts";
import type { InputRequest } from "./dataset.ts";

/** One array of a dataset in the type and the shape that the model asks for. */
export interface Column {
  readonly array: LazyArray;
  readonly dtype: DType;
  /** Shape of one example. */
  readonly shape: Shape;
  /** What order the numbers of an example were taken in, where the file has them in other axes than the model. */
  readonly reshaped?: Reshaped;
  /** @throws ThalwegError `not-finite`, `not-integers` */
  rows(start: number, end: number): Tensor;
}

/** A sentence on how examples were laid into the model's shape. */
export interface Reshaped {
  readonly text: string;
  /** Whether the file has several axes where the model has one: another order may have been trained on. */
  readonly isDoubtful: boolean;
}

/**
 * @param dtype the type to hand out
 * @param shape the shape of one example to hand out; as many numbers as in the array
 */
export function column(array: LazyArray, dtype: DType = array.dtype, shape: Shape = array.shape.slice(1)): Column {
  return {
    array,
    dtype,
    shape,
    rows(start, end) {
      const { data } = array.rows(start, end);
      const converted = convert(tensor(array.dtype, [end - start, ...shape], data), dtype);
      const bad = firstRefused(data, converted);
      if (bad >= 0) throw refused(array, dtype, start, bad, data[bad]);
      return converted;
    },
  };
}

/**
 * The array as the model's input. A flat example takes the model's shape, and axes of length one
 * come and go; any other difference is refused, since it would be a transposition.
 *
 * @throws ThalwegError `input-shape`
 */
export function inputColumn(array: LazyArray, request: InputRequest): Column {
  const found = array.shape.slice(1);
  const asked = exampleShape(request);
  if (!asked) return column(array, request.dtype, found);
  const fitted = fittedShape(found, asked);
  if (fitted) return { ...column(array, request.dtype, fitted), reshaped: reshapedFrom(array, fitted, request) };
  const shown = asked.map((extent) => (typeof extent === "number" ? extent : "any"));
  throw inputError(
    "input-shape",
    `The model's input ${request.name} takes examples of shape [${shown.join(", ")}], but those of ${array.name} in ${array.file} have shape [${found.join(", ")}].`,
    { file: array.file, input: request.name, shape: found },
    countsRows(array, asked)
      ? `The first column of ${array.name} counts the rows, as an index does: save the table without it (pandas: to_csv(..., index=False)).`
      : hasOneMore(found, asked)
        ? "There is one column more than the model takes. If it holds the labels of a CSV file, name it with --label: by its name in the header, or its number from 0 (-1 is the last); else save the array without it."
        : "Reshape or transpose the array before saving it.",
  );
}

/** Undefined where no order is chosen: where shapes are equal but for axes of length one. */
function reshapedFrom(array: LazyArray, fitted: Shape, { name }: InputRequest): Reshaped | undefined {
  const found = array.shape.slice(1);
  if (coreOf(found).join() === coreOf(fitted).join()) return undefined;
  const isDoubtful = coreOf(found).length > 1;
  const said = `The model's input ${name} takes examples of shape [${fitted.join(", ")}]: those of ${array.name}, [${found.join(", ")}], are fed in the order in which they lie, the last axis fastest.`;
  return {
    isDoubtful,
    text: isDoubtful ? `${said} If the network was trained on another order, save them flat in that one.` : said,
  };
}

/** A shape without axes of length one. */
function coreOf(shape: Shape): number[] {
  return shape.filter((extent) => extent !== 1);
}

function hasOneMore([width, ...rest]: Shape, [extent, ...others]: AskedShape): boolean {
  return rest.length + others.length === 0 && typeof extent === "number" && width === extent + 1;
}

/** Whether examples of this shape can be fed to an input. */
export function fitsExample(found: Shape, request: InputRequest): boolean {
  const asked = exampleShape(request);
  return asked === undefined || fittedShape(found, asked) !== undefined;
}

type AskedShape = readonly (number | string | null | undefined)[];

function exampleShape({ shape, batchAxis = 0 }: InputRequest): AskedShape | undefined {
  return shape?.filter((_, axis) => axis !== batchAxis);
}

function fittedShape(found: Shape, asked: AskedShape): Shape | undefined {
  const fits = (shape: Shape) =>
    shape.length === asked.length && shape.every((extent, i) => typeof asked[i] !== "number" || asked[i] === extent);
  if (fits(found)) return found;
  if (!asked.every((extent) => typeof extent === "number") || sizeOf(found) !== sizeOf(asked)) return undefined;
  const [own, theirs] = [coreOf(found), coreOf(asked)];
  return own.join() === theirs.join() || own.length <= 1 || theirs.length <= 1 ? asked : undefined;
}

/** Whether a table has one column too many, the first, which counts the rows. */
function countsRows({ shape, rows }: LazyArray, asked: AskedShape): boolean {
  const width = asked.reduce<number>((size, extent) => size * (typeof extent === "number" ? extent : Number.NaN), 1);
  if (shape.length !== 2 || shape[1] !== width + 1 || shape[0] < 3) return false;
  const { data } = rows(0, Math.min(shape[0], 100));
  const first = Array.from(data).filter((_, i) => i % shape[1] === 0);
  return first.every((value, row) => value === first[0] + row);
}

function convert({ dtype, shape, data }: Tensor, wanted: DType): Tensor {
  if (dtype === wanted) return { dtype, shape, data };
  const converted = allocate(wanted, data.length);
  if (wanted === "bool") data.forEach((value, i) => (converted[i] = value === 0 ? 0 : 1));
  else converted.set(data);
  return tensor(wanted, shape, converted);
}

/** The first number that is not finite, or not whole where whole numbers are wanted; -1 when all are well. */
function firstRefused(found: Tensor["data"], { dtype, data }: Tensor): number {
  if (isFloat(dtype)) {
    for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i;
    return -1;
  }
  for (let i = 0; i < found.length; i++)
    if (!Number.isSafeInteger(found[i]) || (dtype === "bool" && data[i] !== found[i])) return i;
  return -1;
}

function refused(array: LazyArray, dtype: DType, start: number, at: number, value: number) {
  const shape = array.shape.slice(1);
  const width = sizeOf(shape);
  const row = start + Math.floor(at / width);
  const place = shape.length === 0 ? "" : `, column ${position(at % width, shape)}`;
  const where = { file: array.file, input: array.name };
  const says = `${array.name} in ${array.file} holds ${value} in row ${row}${place}`;
  if (Number.isFinite(value) && !isFloat(dtype)) {
    const wanted = dtype === "bool" ? "0 or 1" : "a whole number";
    return inputError(
      "not-integers",
      `${says}, where ${wanted} is needed.`,
      where,
      "Save token indices and masks as integers.",
    );
  }
  const reason = Number.isFinite(value) ? `, which ${dtype} cannot hold` : "";
  return inputError(
    "not-finite",
    `${says}${reason}.`,
    where,
    "Remove or replace NaN and infinite values: every result would be NaN. Rows and columns count from 0.",
  );
}

/** A flat index as "3" or "(0, 4, 7)". */
function position(index: number, shape: Shape): string {
  const parts: number[] = [];
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    parts.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return parts.length === 1 ? `${parts[0]}` : `(${parts.join(", ")})`;
}
